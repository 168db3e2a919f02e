target_sources(varve_engine PRIVATE base/bytes.cc base/check.cc base/hash.cc base/result.cc base/types.cc)
