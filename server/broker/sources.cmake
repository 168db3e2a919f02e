# varve_broker: meaning, without wire formats: vhosts, exchanges, queues, routing, delivery.
add_library(varve_broker STATIC
    broker/argument_check.cc
    broker/exchange.cc
    broker/exchange_spec.cc
    broker/headers_match.cc
    broker/queue_spec.cc
    broker/topic_tree.cc
    broker/topology.cc)
target_link_libraries(varve_broker
    PRIVATE varve_flags
    PUBLIC varve_async varve_message varve::engine)
