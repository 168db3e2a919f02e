// The batches of a log that the store does not have yet, in memory, by offset
// (docs/decisions/0001).
#pragma once

#include "engine/base/types.h"
#include "engine/record_batch.h"

#include <span>
#include <vector>

namespace varve {

// Caller-serialised.
class Tail {
public:
    // The offset stands beside the batch, so that a search touches no batch.
    struct Entry {
        Offset base;
        BatchRef batch;
    };

    // `batch` lies behind everything that is here.
    void append(BatchRef batch);
    // Lets go of the batches that end at or below `start`.
    void drop_below(Offset start);
    // Lets go of the batches that lie in `range` as a whole.
    void drop_within(OffsetRange range);

    // The batch that holds `offset`, or the first one beyond it; null if there is none.
    BatchRef find(Offset offset) const;

    std::span<const Entry> batches() const { return std::span(entries_).subspan(begin_); }
    bool empty() const { return begin_ == entries_.size(); }
    Offset begin() const { return entries_[begin_].base; }  // not when empty
    Bytes size() const { return size_; }

private:
    std::vector<Entry> entries_;
    size_t begin_ = 0;  // those before it were dropped: a purge of many costs no move of the rest
    Bytes size_ = 0;
};

}  // namespace varve
