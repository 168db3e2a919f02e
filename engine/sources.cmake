target_sources(varve_engine PRIVATE)
