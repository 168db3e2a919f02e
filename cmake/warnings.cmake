# Flags of every target of this project. Interface libraries, so that nothing leaks into what is installed.
add_library(varve_flags INTERFACE)
target_compile_options(varve_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
    -Wconversion -Wno-sign-conversion -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
# GCC 12 reports uninitialised members inside std::optional and std::variant that it cannot prove, at -O2 only.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(varve_flags INTERFACE -Wno-maybe-uninitialized -Wno-missing-field-initializers)
else()
    target_compile_options(varve_flags INTERFACE -Wno-missing-field-initializers -Wthread-safety)
endif()
target_include_directories(varve_flags INTERFACE ${PROJECT_SOURCE_DIR})

if(VARVE_SANITIZE)
    add_compile_options(-fsanitize=${VARVE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${VARVE_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # What it puts in front of each function, clang 14 puts in front of a coroutine's parts, too, in another section.
        add_compile_options(-fno-sanitize=function)
    endif()
endif()
if(VARVE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Every build directory can share compiled objects when ccache is there.
find_program(VARVE_CCACHE ccache)
if(VARVE_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${VARVE_CCACHE})
endif()
