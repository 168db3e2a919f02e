add_library(varve_auth STATIC
    auth/accounts.cc
    auth/authenticator.cc
    auth/name_pattern.cc
    auth/password.cc
    auth/sasl.cc)
target_link_libraries(varve_auth
    PRIVATE varve_flags OpenSSL::Crypto PCRE2::8bit Threads::Threads
    PUBLIC varve_engine varve_message)
