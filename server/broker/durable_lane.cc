#include "server/broker/durable_lane.h"

#include "engine/base/check.h"

namespace varve {

DurableLane::DurableLane(LogRef log) : log_(std::move(log)) {
    const auto cursor = log_->cursor(kQueueCursor);
    const OffsetRange readable = log_->range();
    end_ = readable.end;
    if (!cursor) {  // not durable yet: nothing is in it
        ledger.add_ready(readable);
        return;
    }
    ledger = Ledger(cursor->delivered_below);
    mark = DeliveredMark(cursor->delivered_below);
    cursor->settled.for_each_unsettled(readable,
                                       [this](OffsetRange run) { ledger.add_ready(run); });
    for (const auto& [offset, count] : cursor->returned) {
        if (count > 1 && ledger.ready().contains(offset)) ledger.set_deliveries(offset, count);
    }
}

void DurableLane::add(const BatchRef& batch) {
    // A short queue is delivered from here; a long one finds this batch again when its turn comes.
    const bool contiguous =
        window_.empty() ? ledger.ready().empty() : window_.back()->end() == batch->base();
    if (contiguous && window_size_ < kReadSize) {
        window_.push_back(batch);
        window_size_ += batch->size();
    }
    VARVE_CHECK(batch->base() >= end_);
    end_ = batch->end();
    ledger.add_ready(batch->range());
}

void DurableLane::drop_before(Offset offset) {
    while (!window_.empty() && window_.front()->end() <= offset) {
        window_size_ -= window_.front()->size();
        window_.pop_front();
    }
}

const RecordCursor* DurableLane::find(Offset offset) {
    if (!cursor_.at_end() && cursor_.offset() == offset) return &cursor_;
    if (cursor_.batch() != nullptr && cursor_.batch()->range().contains(offset)) {
        if (cursor_.offset() > offset) cursor_ = RecordCursor(cursor_.batch(), offset);
        while (cursor_.offset() < offset) cursor_.next();
        return &cursor_;
    }
    drop_before(offset);
    BatchRef batch;
    for (const BatchRef& near : window_) {
        if (!near->range().contains(offset)) continue;
        batch = near;
        break;
    }
    if (batch == nullptr) batch = log_->read_cached(offset);
    if (batch == nullptr || !batch->range().contains(offset)) {
        missed_ = offset;
        return nullptr;
    }
    missed_.reset();
    cursor_ = RecordCursor(std::move(batch), offset);
    return &cursor_;
}

std::optional<Offset> DurableLane::read_wanted() {
    if (reading_) return std::nullopt;
    std::optional<Offset> from = missed_;
    if (!from && !window_.empty() && window_size_ < kReadSize / 2) {
        const Offset next = window_.back()->end();
        if (next < end_ && log_->read_cached(next) == nullptr) from = next;
    }
    reading_ = from.has_value();
    return from;
}

OffsetRange DurableLane::add_read(Offset from, const std::vector<BatchRef>& batches) {
    reading_ = false;
    missed_.reset();
    if (batches.empty()) return {from, std::max(from, end_)};
    if (!window_.empty() && window_.back()->end() != batches.front()->base()) {
        window_.clear();
        window_size_ = 0;
    }
    for (const BatchRef& batch : batches) {
        window_.push_back(batch);
        window_size_ += batch->size();
    }
    return {from, std::max(from, batches.front()->base())};
}

}  // namespace varve
