// Body bytes of what is ready in one queue.
#pragma once

#include "server/broker/backlog_weight.h"
#include "server/broker/names.h"

#include <functional>
#include <map>
#include <set>

namespace varve {

// For queues that limit them: others do not pay for it. What is out is remembered with its size, so
// that it counts again when it comes back without being read.
//
// Counting begins with what is in memory. What lies on the disk is found later; whatever happens
// meanwhile is a difference, and the sum is the same in the end.
//
// Threading: Shard-bound to the queue's shard.
class ReadyBytes {
public:
    // Exact where is_known(). Otherwise what lay on the disk is missing: it may be negative.
    int64_t total() const { return total_; }
    bool is_known() const { return awaited_ == 0; }

    // Counting begins, or begins anew. Answers the number that found() is to be called with.
    uint64_t begin(int64_t in_memory);
    bool awaits(uint64_t number) const { return awaited_ == number && number != 0; }
    // The rest. `is_out` tells whether a record is still out.
    void found(const BacklogWeight& weight, const std::function<bool(const RecordKey&)>& is_out);

    // Arrived.
    void add(int64_t bytes) { total_ += bytes; }
    // A ready record goes for good.
    void remove(size_t body) { total_ -= static_cast<int64_t>(body); }
    void take_out(const RecordKey& key, size_t body);
    // One that was out already when counting began.
    void note_out(const RecordKey& key, size_t body) { out_[key] = static_cast<uint32_t>(body); }
    void put_back(Level level, Lane lane, OffsetRange range);
    void settle_out(Level level, Lane lane, OffsetRange range);
    // Nothing is ready.
    void clear_ready() { total_ = 0; }
    // It is not counted any more.
    void clear();

private:
    using Sizes = std::map<RecordKey, uint32_t>;
    bool is_in(Sizes::const_iterator at, Level level, Lane lane, OffsetRange range) const {
        return at != out_.end() && at->first.level == level && at->first.lane == lane &&
               at->first.offset < range.end;
    }

    int64_t total_ = 0;
    Sizes out_;
    uint64_t last_number_ = 0;
    uint64_t awaited_ = 0;              // number of the count that is to be found; 0: none
    std::set<RecordKey> unknown_back_;  // came back before their sizes were found
};

}  // namespace varve
