#include "server/broker/ledger.h"

namespace varve {

uint32_t Ledger::deliveries(Offset offset) const {
    if (offset >= delivered_end_) return 0;
    if (counts_.empty()) return 1;
    const auto found = counts_.find(offset);
    return found == counts_.end() ? 1 : found->second;
}

uint32_t Ledger::take_front() {
    const Offset offset = ready_.take_front();
    out_.add({offset, offset + 1});
    if (offset >= delivered_end_) {
        delivered_end_ = offset + 1;
        return 0;
    }
    const uint32_t before = deliveries(offset);
    counts_[offset] = before + 1;
    return before;
}

int64_t Ledger::put_back(OffsetRange range) {
    int64_t count = 0;
    out_.for_each_in(range, [&](OffsetRange part) { count += ready_.add(part); });
    out_.remove(range);
    return count;
}

int64_t Ledger::settle_out(OffsetRange range) {
    forget_counts(range);
    return out_.remove(range);
}

int64_t Ledger::settle_ready(OffsetRange range) {
    forget_counts(range);
    return ready_.remove(range);
}

void Ledger::forget_counts(OffsetRange range) {
    if (counts_.empty()) return;
    counts_.erase(counts_.lower_bound(range.begin), counts_.lower_bound(range.end));
}

}  // namespace varve
