#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace varve {

void check_failed(const char* fact, const char* file, int line) {
    std::fprintf(stderr, "varve: internal check failed: %s (%s:%d)\n", fact, file, line);
    std::abort();
}

}  // namespace varve
