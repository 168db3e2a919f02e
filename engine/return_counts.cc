#include "engine/return_counts.h"

namespace varve {

void ReturnCounts::set(Offset offset, uint32_t count) {
    Count& known = counts_[offset];
    known.value = count;
    if (known.dirty) return;
    known.dirty = true;
    dirty_.push_back(offset);
}

void ReturnCounts::forget(OffsetRange range) {
    const auto begin = counts_.lower_bound(range.begin);
    const auto end = counts_.lower_bound(range.end);
    for (auto at = begin; at != end; ++at) {
        if (at->second.stored) gone_.push_back(at->first);
    }
    counts_.erase(begin, end);
}

std::map<Offset, uint32_t> ReturnCounts::snapshot() const {
    std::map<Offset, uint32_t> counts;
    for (const auto& [offset, count] : counts_)
        counts.emplace_hint(counts.end(), offset, count.value);
    return counts;
}

std::vector<std::pair<Offset, uint32_t>> ReturnCounts::take_dirty() {
    std::vector<std::pair<Offset, uint32_t>> rows;
    // Deletions first: a record settled and, by a replayed entry, returned again has its row
    // written last.
    for (const Offset offset : gone_) rows.emplace_back(offset, 0);
    gone_.clear();
    for (const Offset offset : dirty_) {
        const auto at = counts_.find(offset);
        if (at == counts_.end() || !at->second.dirty) continue;
        at->second.dirty = false;
        at->second.stored = true;
        rows.emplace_back(offset, at->second.value);
    }
    dirty_.clear();
    return rows;
}

void ReturnCounts::load(Offset offset, uint32_t count) {
    counts_[offset] = {.value = count, .stored = true};
}

}  // namespace varve
