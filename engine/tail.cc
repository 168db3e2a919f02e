#include "engine/tail.h"

#include <algorithm>

namespace varve {

void Tail::append(BatchRef batch) {
    size_ += batch->size();
    const Offset base = batch->base();
    entries_.push_back({base, std::move(batch)});
}

void Tail::drop_below(Offset start) {
    while (!empty() && entries_[begin_].batch->end() <= start) {
        size_ -= entries_[begin_].batch->size();
        entries_[begin_].batch.reset();
        ++begin_;
    }
    if (empty()) *this = Tail();
}

void Tail::drop_within(OffsetRange range) {
    const auto gone = [&](const Entry& entry) {
        if (entry.batch == nullptr || entry.base < range.begin || entry.batch->end() > range.end)
            return false;
        size_ -= entry.batch->size();
        return true;
    };
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(begin_));
    begin_ = 0;
    std::erase_if(entries_, gone);
    if (empty()) *this = Tail();
}

BatchRef Tail::find(Offset offset) const {
    const auto all = batches();
    const auto beyond = std::ranges::upper_bound(all, offset, {}, &Entry::base);
    if (beyond != all.begin() && offset < std::prev(beyond)->batch->end())
        return std::prev(beyond)->batch;
    return beyond == all.end() ? nullptr : beyond->batch;
}

}  // namespace varve
