target_sources(varve_engine PRIVATE entry.cc transaction.cc)
