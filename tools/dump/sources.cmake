# varve_dump: the commands that read a data directory.
add_library(varve_dump STATIC
    dump/celery_task.cc
    dump/data_dir.cc
    dump/directory_figures.cc
    dump/directory_view.cc
    dump/dump_command.cc
    dump/dump_run.cc
    dump/entry_text.cc
    dump/field_json.cc
    dump/journal_begin.cc
    dump/journal_dump.cc
    dump/journal_watch.cc
    dump/log_verification.cc
    dump/message_json.cc
    dump/message_printer.cc
    dump/message_state.cc
    dump/message_text.cc
    dump/message_walk.cc
    dump/name_hint.cc
    dump/named_log.cc
    dump/output_format.cc
    dump/queue_figures.cc
    dump/selector.cc
    dump/stat_command.cc
    dump/stored_message.cc
    dump/verification.cc
    dump/verify_command.cc)
target_link_libraries(varve_dump
    PRIVATE varve_flags varve_definitions fmt::fmt
    PUBLIC varve_message varve_text varve_terminal CLI11::CLI11)
