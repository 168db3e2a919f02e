#include "server/broker/durable_lane.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

DurableLane::DurableLane(LogRef log, MemoryGauge& windows, Kind kind, std::optional<Offset> end)
    : kind_(kind), window_(std::move(log), windows) {
    const auto cursor = this->log()->cursor(kQueueCursor);
    OffsetRange readable = this->log()->range();
    if (end) readable.end = *end;
    end_ = readable.end;
    if (!cursor) {  // not durable yet: nothing is in it
        ledger.add_ready(readable);
        return;
    }
    // The mark runs ahead: what comes from now on was never delivered, however far it was.
    ledger = Ledger(std::min(cursor->delivered_below, readable.end));
    mark = DeliveredMark(cursor->delivered_below);
    cursor->settled.for_each_unsettled(readable,
                                       [this](OffsetRange run) { ledger.add_ready(run); });
    for (const auto& [offset, count] : cursor->returned) {
        if (count > 1 && ledger.ready().contains(offset)) ledger.set_deliveries(offset, count);
    }
}

int64_t DurableLane::add(const BatchRef& batch) {
    if (batch->end() <= end_) return 0;
    if (kind_ == Kind::stream) {
        end_ = batch->end();
        return 0;
    }
    // A short queue is delivered from here; a long one finds this batch again when its turn comes.
    window_.offer(batch, ledger.ready().empty());
    VARVE_CHECK(batch->base() >= end_);
    end_ = batch->end();
    ledger.add_ready(batch->range());
    return batch->count();
}

OffsetRange DurableLane::add_read(Offset from, const std::vector<BatchRef>& batches) {
    window_.add_read(batches);
    return {from, std::max(from, batches.empty() ? end_ : batches.front()->base())};
}

}  // namespace varve
