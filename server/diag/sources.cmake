add_library(varve_diag STATIC diag/diag.cc diag/diag_line.cc)
target_link_libraries(varve_diag PRIVATE varve_flags fmt::fmt PUBLIC varve_engine)
