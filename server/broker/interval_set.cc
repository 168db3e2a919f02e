#include "server/broker/interval_set.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

IntervalSet::Runs::iterator IntervalSet::first_touching(Offset offset) const {
    auto run = runs_.upper_bound({offset, offset});
    if (run != runs_.begin() && std::prev(run)->end >= offset) --run;
    return run;
}

bool IntervalSet::contains(Offset offset) const {
    const auto run = runs_.upper_bound({offset, offset});
    return run != runs_.begin() && std::prev(run)->end > offset;
}

int64_t IntervalSet::add(OffsetRange range) {
    if (range.empty()) return 0;
    if (runs_.empty() || range.begin > end()) {
        runs_.insert(runs_.end(), {range.begin, range.end});
        count_ += range.count();
        return range.count();
    }
    if (range.begin == end()) {
        runs_.rbegin()->end = range.end;
        count_ += range.count();
        return range.count();
    }
    // Swallow every run that the range touches.
    auto run = first_touching(range.begin);
    int64_t present = 0;
    OffsetRange merged = range;
    while (run != runs_.end() && run->begin <= range.end) {
        present +=
            std::max<int64_t>(0, std::min(run->end, range.end) - std::max(run->begin, range.begin));
        merged.begin = std::min(merged.begin, run->begin);
        merged.end = std::max(merged.end, run->end);
        run = runs_.erase(run);
    }
    runs_.insert(run, {merged.begin, merged.end});
    count_ += range.count() - present;
    return range.count() - present;
}

int64_t IntervalSet::remove(OffsetRange range) {
    if (range.empty()) return 0;
    int64_t removed = 0;
    auto run = first_touching(range.begin);
    while (run != runs_.end() && run->begin < range.end) {
        const OffsetRange part{std::max(run->begin, range.begin), std::min(run->end, range.end)};
        if (part.empty()) {
            ++run;
            continue;
        }
        removed += part.count();
        const Offset run_end = run->end;
        if (part.begin == run->begin && part.end == run_end) {
            run = runs_.erase(run);
        } else if (part.begin == run->begin) {
            run->begin = part.end;
            break;
        } else {
            run->end = part.begin;
            ++run;
            if (part.end < run_end) runs_.insert(run, {part.end, run_end});
        }
    }
    count_ -= removed;
    return removed;
}

Offset IntervalSet::take_front() {
    VARVE_DCHECK(!runs_.empty());
    const auto run = runs_.begin();
    const Offset taken = run->begin;
    run->begin = taken + 1;
    if (run->begin == run->end) runs_.erase(run);
    --count_;
    return taken;
}

void IntervalSet::clear() {
    runs_.clear();
    count_ = 0;
}

}  // namespace varve
