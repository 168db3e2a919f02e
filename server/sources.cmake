# The server's libraries below main(), one list per folder.
include(message/sources.cmake)
include(async/sources.cmake)
include(broker/sources.cmake)
include(diag/sources.cmake)
include(auth/sources.cmake)
include(amqp/sources.cmake)

add_library(varve_config STATIC config.cc exit_code.cc setting.cc)
target_compile_definitions(varve_config PRIVATE VARVE_VERSION="${PROJECT_VERSION}")
target_link_libraries(varve_config PRIVATE varve_flags CLI11::CLI11 varve_asio PUBLIC varve_diag)
