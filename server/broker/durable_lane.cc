#include "server/broker/durable_lane.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

DurableLane::DurableLane(LogRef log, MemoryGauge& windows)
    : log_(std::move(log)), windows_(windows) {
    const auto cursor = log_->cursor(kQueueCursor);
    const OffsetRange readable = log_->range();
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

DurableLane::~DurableLane() { drop_all(); }

int64_t DurableLane::add(const BatchRef& batch) {
    if (batch->end() <= end_) return 0;
    // A short queue is delivered from here; a long one finds this batch again when its turn comes.
    const bool contiguous =
        window_.empty() ? ledger.ready().empty() : window_.back()->end() == batch->base();
    if (contiguous && window_size_ < kReadSize && windows_.used() < kWindowsMax) keep(batch);
    VARVE_CHECK(batch->base() >= end_);
    end_ = batch->end();
    ledger.add_ready(batch->range());
    return batch->count();
}

void DurableLane::keep(const BatchRef& batch) {
    window_.push_back(batch);
    window_size_ += batch->size();
    windows_.add(batch->size());
}

void DurableLane::drop_before(Offset offset) {
    while (!window_.empty() && window_.front()->end() <= offset) {
        window_size_ -= window_.front()->size();
        windows_.subtract(window_.front()->size());
        window_.pop_front();
    }
}

void DurableLane::drop_all() {
    windows_.subtract(window_size_);
    window_size_ = 0;
    window_.clear();
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

std::optional<DurableLane::Read> DurableLane::read_wanted(Demand demand) {
    if (reading_) return std::nullopt;
    std::optional<Offset> from = missed_;
    if (!from && demand == Demand::run && !window_.empty() && window_size_ < run_size() / 2) {
        const Offset next = window_.back()->end();
        if (next < end_ && log_->read_cached(next) == nullptr) from = next;
    }
    if (!from) return std::nullopt;
    reading_ = true;
    return Read{*from, demand == Demand::run ? run_size() : 1};
}

void DurableLane::release_if_crowded() {
    if (windows_.used() <= kWindowsMax) return;
    drop_all();
    cursor_ = {};
}

OffsetRange DurableLane::add_read(Offset from, const std::vector<BatchRef>& batches) {
    reading_ = false;
    missed_.reset();
    if (batches.empty()) return {from, std::max(from, end_)};
    if (!window_.empty() && window_.back()->end() != batches.front()->base()) {
        drop_all();
    }
    for (const BatchRef& batch : batches) keep(batch);
    return {from, std::max(from, batches.front()->base())};
}

}  // namespace varve
