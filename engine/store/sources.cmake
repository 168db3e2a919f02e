target_sources(varve_engine PRIVATE
    store/applied_witness.cc store/background_errors.cc store/crc32c.cc store/dead_ranges.cc store/file_checksum.cc
    store/incoming_files.cc store/keys.cc store/manifest_tail.cc store/merge_plan.cc store/merger.cc store/rocks_file_system.cc
    store/rocks_files.cc store/rocks_options.cc store/rocks_status.cc store/store.cc store/store_checkpoint.cc
    store/store_open.cc store/trim_filter.cc store/trim_points.cc store/verify.cc)
