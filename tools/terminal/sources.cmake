# varve_terminal: what every command does with stdout and stderr.
add_library(varve_terminal STATIC
    terminal/complaint.cc
    terminal/interruption.cc
    terminal/output.cc
    terminal/progress_bar.cc
    terminal/style.cc
    terminal/table.cc)
target_link_libraries(varve_terminal PRIVATE varve_flags varve_text fmt::fmt PUBLIC varve::engine)
