add_library(varve_net STATIC net/listener.cc net/stream.cc net/tls.cc net/tls_door.cc)
target_link_libraries(varve_net PRIVATE varve_flags OpenSSL::SSL PUBLIC varve_async varve_diag)
