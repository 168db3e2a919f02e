#include "server/broker/transient_lane.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

TransientLane::~TransientLane() {
    for (const Held& held : held_) {
        if (held.batch != nullptr) memory_.subtract(held.batch->size());
    }
}

void TransientLane::add(BatchRef batch, Offset durable_end) {
    const OffsetRange range{end_, end_ + batch->count()};
    memory_.add(batch->size());
    held_.push_back({std::move(batch), range, durable_end, range.count()});
    end_ = range.end;
    ledger_.add_ready(range);
}

TransientLane::Held& TransientLane::batch_of(Offset offset) {
    VARVE_CHECK(!held_.empty());
    if (held_.front().range.contains(offset)) return held_.front();
    const auto found = std::ranges::upper_bound(
        held_, offset, {}, [](const Held& held) { return held.range.begin; });
    VARVE_CHECK(found != held_.begin());
    Held& held = *std::prev(found);
    VARVE_CHECK(held.range.contains(offset) && held.batch != nullptr);
    return held;
}

RecordView TransientLane::record(Offset offset) {
    const bool ahead = cursor_range_.contains(offset) && cursor_.batch() != nullptr &&
                       cursor_range_.begin + (cursor_.offset() - cursor_.batch()->base()) <= offset;
    if (!ahead) {
        const Held& held = batch_of(offset);
        cursor_ = RecordCursor(held.batch, held.batch->base());
        cursor_range_ = held.range;
    }
    const int64_t index = offset - cursor_range_.begin;
    while (cursor_.offset() - cursor_.batch()->base() < index) cursor_.next();
    return cursor_.record();
}

int64_t TransientLane::ready_bytes() {
    int64_t bytes = 0;
    ledger_.ready().for_each([&](OffsetRange run) {
        for (Offset offset = run.begin; offset < run.end; offset = offset + 1)
            bytes += static_cast<int64_t>(record(offset).body.size());
    });
    return bytes;
}

int64_t TransientLane::settle_out(OffsetRange range) {
    release(range);
    return ledger_.settle_out(range);
}

int64_t TransientLane::settle_ready(OffsetRange range) {
    release(range);
    return ledger_.settle_ready(range);
}

// `range` is unsettled as a whole: callers settle what they hold.
void TransientLane::release(OffsetRange range) {
    auto at = std::ranges::upper_bound(
        held_, range.begin, {}, [](const Held& held) { return held.range.begin; });
    VARVE_CHECK(at != held_.begin());
    for (--at; at != held_.end() && at->range.begin < range.end; ++at) {
        const OffsetRange part{std::max(at->range.begin, range.begin),
                               std::min(at->range.end, range.end)};
        at->unsettled -= part.count();
        if (at->unsettled > 0) continue;
        memory_.subtract(at->batch->size());
        if (cursor_.batch() == at->batch) cursor_ = {};
        at->batch.reset();
    }
    while (!held_.empty() && held_.front().batch == nullptr) held_.pop_front();
}

}  // namespace varve
