# The server's libraries below main(), one list per folder.
include(message/sources.cmake)
