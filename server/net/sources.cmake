add_library(varve_net STATIC net/listener.cc net/stream.cc)
target_link_libraries(varve_net PRIVATE varve_flags PUBLIC varve_async varve_diag)
