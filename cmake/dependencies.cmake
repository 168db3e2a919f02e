# Debian 12 packages, by name: see tools/packages.txt for what to install.
find_package(Threads REQUIRED)
find_package(RocksDB REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_path(PCRE2_INCLUDE pcre2.h REQUIRED)
find_library(PCRE2_LIBRARY pcre2-8 REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
if(VARVE_TESTS)
    find_package(GTest REQUIRED)
    find_package(benchmark REQUIRED)
endif()

# Debian's xxHash library is built for the x86-64 baseline (SSE2); compiled in, it uses what our own flags allow.
add_library(varve_xxhash INTERFACE)
target_include_directories(varve_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE})

add_library(PCRE2::8bit INTERFACE IMPORTED)
target_include_directories(PCRE2::8bit INTERFACE ${PCRE2_INCLUDE})
target_link_libraries(PCRE2::8bit INTERFACE ${PCRE2_LIBRARY})

add_library(varve_asio INTERFACE)
target_link_libraries(varve_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(varve_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
if(VARVE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences, which ThreadSanitizer does not see, guard nothing here that its locks do not guard as well; and the
    # sanitizers' inlining makes GCC 12 take the frames of coroutines for mismatched allocations.
    target_compile_options(varve_asio INTERFACE -Wno-tsan -Wno-mismatched-new-delete)
endif()
