# varve_async: what coroutines need. No sockets, no protocol.
add_library(varve_async STATIC
    async/durable.cc
    async/gate.cc
    async/shard.cc
    async/timer_queue.cc)
target_link_libraries(varve_async PRIVATE varve_flags PUBLIC varve::engine varve_asio)
