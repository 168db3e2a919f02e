target_sources(varve_engine PRIVATE entry.cc transaction.cc)
target_sources(varve_engine PRIVATE record_batch.cc record_batch_builder.cc record_codec.cc settled_chunk.cc settled_set.cc)
