// Body bytes of what is ready in one queue.
#pragma once

#include "server/broker/names.h"

#include <map>

namespace varve {

// For queues that limit them: others do not pay for it. What is out is remembered with its size, so
// that it counts again when it comes back without being read.
//
// Exact but for what was on the disk when the counting began: that is an estimate, which its
// records' true sizes are taken from as they go.
//
// Threading: Shard-bound to the queue's shard.
class ReadyBytes {
public:
    int64_t total() const { return total_; }

    // Arrived, or found.
    void add(int64_t bytes) { total_ += bytes; }
    // A ready record goes for good.
    void remove(size_t body) { subtract(static_cast<int64_t>(body)); }
    void take_out(const RecordKey& key, size_t body) {
        subtract(static_cast<int64_t>(body));
        out_[key] = static_cast<uint32_t>(body);
    }
    void put_back(Level level, Lane lane, OffsetRange range) {
        for (auto at = out_.lower_bound({level, lane, range.begin}); is_in(at, level, lane, range);
             at = out_.erase(at)) {
            total_ += at->second;
        }
    }
    void settle_out(Level level, Lane lane, OffsetRange range) {
        for (auto at = out_.lower_bound({level, lane, range.begin}); is_in(at, level, lane, range);)
            at = out_.erase(at);
    }
    // Nothing is ready.
    void clear_ready() { total_ = 0; }
    // It is not counted any more.
    void clear() {
        total_ = 0;
        out_.clear();
    }

private:
    using Sizes = std::map<RecordKey, uint32_t>;
    bool is_in(Sizes::const_iterator at, Level level, Lane lane, OffsetRange range) const {
        return at != out_.end() && at->first.level == level && at->first.lane == lane &&
               at->first.offset < range.end;
    }
    void subtract(int64_t bytes) { total_ = bytes < total_ ? total_ - bytes : 0; }

    int64_t total_ = 0;
    Sizes out_;
};

}  // namespace varve
