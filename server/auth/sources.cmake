add_library(varve_auth STATIC auth/sasl.cc auth/users.cc)
target_link_libraries(varve_auth PRIVATE varve_flags OpenSSL::Crypto PUBLIC varve_engine varve_message)
