# varve_message: what a message is made of: property lists and field tables. No I/O.
add_library(varve_message STATIC
    message/field_reader.cc
    message/field_table.cc
    message/properties.cc)
target_link_libraries(varve_message PRIVATE varve_flags PUBLIC varve::engine)
