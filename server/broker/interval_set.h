// A set of offsets as runs: what is ready, and what is out. Its memory grows with the holes, not
// with the offsets.
#pragma once

#include "engine/base/types.h"

#include <cstddef>
#include <set>

namespace varve {

// Adding at the end and taking from the front, which is what queues do, cost no search.
//
// Threading: Caller-serialised.
class IntervalSet {
public:
    bool empty() const { return runs_.empty(); }
    int64_t count() const { return count_; }
    size_t run_count() const { return runs_.size(); }
    bool contains(Offset offset) const;
    // The smallest one, and the end of the last run; not when empty.
    Offset front() const { return runs_.begin()->begin; }
    Offset end() const { return runs_.rbegin()->end; }
    // The first run; not when empty.
    OffsetRange front_run() const { return {runs_.begin()->begin, runs_.begin()->end}; }

    // What is there already stays; answers how many were not.
    int64_t add(OffsetRange range);
    // Answers how many of them were there.
    int64_t remove(OffsetRange range);
    // Removes the smallest one and returns it; not when empty.
    Offset take_front();
    void clear();

    // Calls `visit` with each run within `range`, ascending. The set must not change meanwhile.
    template <typename Visit>
    void for_each_in(OffsetRange range, const Visit& visit) const {
        for (auto run = first_touching(range.begin); run != runs_.end() && run->begin < range.end;
             ++run) {
            const OffsetRange part{std::max(run->begin, range.begin),
                                   std::min(run->end, range.end)};
            if (!part.empty()) visit(part);
        }
    }
    template <typename Visit>
    void for_each(const Visit& visit) const {
        for (const Run& run : runs_) visit(OffsetRange{run.begin, run.end});
    }

private:
    // Changed in place where the order stays: the set is sorted by begin, and runs neither touch
    // nor overlap.
    struct Run {
        mutable Offset begin;
        mutable Offset end;
        bool operator<(const Run& other) const { return begin < other.begin; }
    };
    using Runs = std::set<Run>;
    // The first run that ends at or beyond `offset`.
    Runs::iterator first_touching(Offset offset) const;

    Runs runs_;
    int64_t count_ = 0;
};

}  // namespace varve
