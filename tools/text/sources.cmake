# varve_text: times, sizes, patterns and JSON as text. No I/O.
add_library(varve_text STATIC
    text/bytes_text.cc
    text/glob.cc
    text/json_text.cc
    text/json_writer.cc
    text/nearest.cc
    text/search_pattern.cc
    text/size_text.cc
    text/time_text.cc)
target_link_libraries(varve_text PRIVATE varve_flags fmt::fmt PUBLIC varve::engine)
