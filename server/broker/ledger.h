// The books of one lane: which records are ready, which are out at consumers, and how often each
// was delivered.
#pragma once

#include "server/broker/interval_set.h"

#include <cstdint>
#include <map>

namespace varve {

// Deliveries go in offset order, so everything below the highest offset delivered so far has been
// delivered before: only what came back and went out again needs a count of its own.
//
// Threading: Caller-serialised.
class Ledger {
public:
    // `delivered_below`: what was delivered in a life before this one.
    explicit Ledger(Offset delivered_below = {}) : delivered_end_(delivered_below) {}

    const IntervalSet& ready() const { return ready_; }
    const IntervalSet& out() const { return out_; }
    // Everything below may have been delivered, nothing at or above it.
    Offset delivered_end() const { return delivered_end_; }
    // Times the record was delivered so far.
    uint32_t deliveries(Offset offset) const;

    // New records at the end, or unsettled ones found at start.
    void add_ready(OffsetRange range) { ready_.add(range); }
    // A count from before the start; 2 and more.
    void set_deliveries(Offset offset, uint32_t count) { counts_[offset] = count; }

    // Hands out the first ready record; answers how often it was delivered before.
    uint32_t take_front();
    // They come back to where they were. Only what is out; answers how many.
    int64_t put_back(OffsetRange range);
    // Settles what is out; answers how many.
    int64_t settle_out(OffsetRange range);
    // Settles what is ready; answers how many.
    int64_t settle_ready(OffsetRange range);

    // Calls `visit` with offset and count of the records in `range` that were delivered more than
    // once.
    template <typename Visit>
    void for_each_count(OffsetRange range, const Visit& visit) const {
        for (auto at = counts_.lower_bound(range.begin);
             at != counts_.end() && at->first < range.end;
             ++at)
            visit(at->first, at->second);
    }

private:
    void forget_counts(OffsetRange range);

    IntervalSet ready_;
    IntervalSet out_;
    Offset delivered_end_;
    std::map<Offset, uint32_t> counts_;  // of unsettled records delivered at least twice
};

}  // namespace varve
