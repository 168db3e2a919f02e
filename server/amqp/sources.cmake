# varve_amqp_codec: what of AMQP 0-9-1 needs neither a socket nor a broker.
add_library(varve_amqp_codec STATIC
    amqp/client.cc
    amqp/delivery_headers.cc
    amqp/delivery_sources.cc
    amqp/handshake.cc
    amqp/outbox.cc
    amqp/publish_assembler.cc
    amqp/reply_code.cc
    amqp/server_properties.cc
    amqp/unsettled.cc)
target_link_libraries(varve_amqp_codec
    PRIVATE varve_flags
    PUBLIC varve_amqp_wire varve_auth varve_message varve_asio)

# varve_amqp: connections, channels and their methods, on the broker.
add_library(varve_amqp STATIC
    amqp/channel.cc
    amqp/connection.cc
    amqp/connection_end.cc
    amqp/connection_login.cc
    amqp/connection_read.cc
    amqp/consumer.cc
    amqp/handlers/channel.cc
    amqp/handlers/consume.cc
    amqp/handlers/direct_reply.cc
    amqp/handlers/exchange.cc
    amqp/handlers/publish.cc
    amqp/handlers/queue.cc
    amqp/handlers/settle.cc
    amqp/handlers/tx.cc
    amqp/listing.cc
    amqp/sessions.cc)
target_link_libraries(varve_amqp
    PRIVATE varve_flags
    PUBLIC varve_amqp_codec varve_broker varve_net varve_auth varve_async varve_diag)
