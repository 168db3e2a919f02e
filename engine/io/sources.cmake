target_sources(varve_engine PRIVATE io/clock.cc io/direct_file.cc io/posix_file.cc io/posix_file_system.cc)
