# varve_amqp_codec: what of AMQP 0-9-1 needs neither a socket nor a broker.
add_library(varve_amqp_codec STATIC
    amqp/client.cc
    amqp/handshake.cc
    amqp/publish_assembler.cc
    amqp/reply_code.cc
    amqp/server_properties.cc
    amqp/unsettled.cc)
target_link_libraries(varve_amqp_codec
    PRIVATE varve_flags
    PUBLIC varve_amqp_wire varve_auth varve_message varve_asio)
