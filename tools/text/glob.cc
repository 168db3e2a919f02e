#include "tools/text/glob.h"

#include <cstddef>

namespace varve {

bool glob_matches(std::string_view pattern, std::string_view name) {
    constexpr size_t kNone = std::string_view::npos;
    size_t p = 0;
    size_t n = 0;
    // Where to go on when the rest does not fit: behind the last star, which swallows one byte
    // more.
    size_t star = kNone;
    size_t star_end = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_end = n;
            continue;
        }
        const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
        const size_t literal = escaped ? p + 1 : p;
        if (p < pattern.size() &&
            ((!escaped && pattern[p] == '?') || pattern[literal] == name[n])) {
            p = literal + 1;
            ++n;
            continue;
        }
        if (star == kNone) return false;
        p = star + 1;
        n = ++star_end;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace varve
