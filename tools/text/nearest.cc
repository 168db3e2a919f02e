#include "tools/text/nearest.h"

#include <algorithm>
#include <vector>

namespace varve {
namespace {

// Names longer than this are not typed by hand, and the work grows with the product of two lengths.
constexpr size_t kTypedMax = 128;

// The distance of Damerau and Levenshtein without overlapping swaps, row by row.
size_t changes_between(std::string_view a, std::string_view b) {
    std::vector<size_t> before_last;
    std::vector<size_t> last(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        std::vector<size_t> row(b.size() + 1);
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last = std::move(last);
        last = std::move(row);
    }
    return last.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed,
                                   std::span<const std::string> candidates) {
    size_t best = std::max<size_t>(1, typed.size() / 3) + 1;
    std::optional<std::string> found;
    if (typed.size() > kTypedMax) return found;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > 2 * kTypedMax) continue;
        const size_t changes = changes_between(typed, candidate);
        if (changes >= best) continue;
        best = changes;
        found = candidate;
    }
    return found;
}

}  // namespace varve
