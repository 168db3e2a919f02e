# The server's libraries below main(), one list per folder.
include(message/sources.cmake)
include(async/sources.cmake)
include(broker/sources.cmake)
include(diag/sources.cmake)
include(auth/sources.cmake)
include(net/sources.cmake)
include(amqp/sources.cmake)
include(http/sources.cmake)

add_library(varve_config STATIC config.cc exit_code.cc setting.cc)
target_compile_definitions(varve_config PRIVATE VARVE_VERSION="${PROJECT_VERSION}")
target_link_libraries(varve_config PRIVATE varve_flags CLI11::CLI11 varve_asio PUBLIC varve_diag)

# varved: everything put together.
add_library(varve_server STATIC freed_memory.cc server.cc)
target_compile_definitions(varve_server PRIVATE VARVE_VERSION="${PROJECT_VERSION}")
target_link_libraries(varve_server PRIVATE varve_flags PUBLIC varve_amqp varve_config varve_http)
add_executable(varved main.cc)
target_link_libraries(varved PRIVATE varve_flags varve_server)
install(TARGETS varved RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
