target_sources(varve_engine PRIVATE record_batch.cc record_batch_builder.cc record_codec.cc settled_chunk.cc settled_set.cc)
target_sources(varve_engine PRIVATE
    arrivals.cc body_bytes.cc catalogue.cc checkpoint.cc checkpoint_handoff.cc committer.cc data_directory.cc disk_watch.cc engine.cc
    engine_state.cc entry.cc frozen_log.cc group_commit.cc holes.cc log.cc log_rows.cc log_state.cc outcomes.cc recovery.cc
    replay.cc retention.cc return_counts.cc segment.cc snapshot.cc store_load.cc store_reader.cc tail.cc transaction.cc upkeep.cc)
