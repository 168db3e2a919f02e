// Checks for our own bugs. Bytes from a disk or a socket never get here: they are answered with a
// Result.
#pragma once

namespace varve {

// Prints the failed fact with its place and aborts: a broker that is wrong about itself must not go
// on confirming.
[[noreturn]] void check_failed(const char* fact, const char* file, int line);

}  // namespace varve

// NOLINTBEGIN(cppcoreguidelines-macro-usage): the place of the failure is the point
#define VARVE_CHECK(fact)                           \
    (static_cast<bool>(fact) ? static_cast<void>(0) \
                             : ::varve::check_failed(#fact, __FILE__, __LINE__))

#ifdef NDEBUG
#define VARVE_DCHECK(fact) static_cast<void>(0)
#else
#define VARVE_DCHECK(fact) VARVE_CHECK(fact)
#endif
// NOLINTEND(cppcoreguidelines-macro-usage)
