target_sources(varve_engine PRIVATE
    journal/active_file.cc journal/file_header.cc journal/file_names.cc journal/file_pool.cc journal/file_window.cc
    journal/found_files.cc journal/frame.cc journal/journal.cc journal/scan.cc journal/tail_scan.cc)
