#include "server/broker/log_window.h"

namespace varve {

void LogWindow::offer(const BatchRef& batch, bool is_next) {
    const bool contiguous = batches_.empty() ? is_next : batches_.back()->end() == batch->base();
    if (contiguous && size_ < kReadSize && windows_.used() < kWindowsMax) keep(batch);
}

void LogWindow::keep(const BatchRef& batch) {
    batches_.push_back(batch);
    size_ += batch->size();
    windows_.add(batch->size());
}

void LogWindow::drop_before(Offset offset) {
    while (!batches_.empty() && batches_.front()->end() <= offset) {
        size_ -= batches_.front()->size();
        windows_.subtract(batches_.front()->size());
        batches_.pop_front();
    }
}

void LogWindow::drop_all() {
    windows_.subtract(size_);
    size_ = 0;
    batches_.clear();
}

const RecordCursor* LogWindow::find(Offset offset) {
    if (!cursor_.at_end() && cursor_.offset() == offset) return &cursor_;
    if (cursor_.batch() != nullptr && cursor_.batch()->range().contains(offset)) {
        if (cursor_.offset() > offset) cursor_ = RecordCursor(cursor_.batch(), offset);
        while (cursor_.offset() < offset) cursor_.next();
        return &cursor_;
    }
    drop_before(offset);
    BatchRef batch;
    for (const BatchRef& near : batches_) {
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

std::optional<LogWindow::Read> LogWindow::read_wanted(Demand demand, Offset end) {
    if (reading_) return std::nullopt;
    std::optional<Offset> from = missed_;
    if (!from && demand == Demand::run && !batches_.empty() && size_ < run_size() / 2) {
        const Offset next = batches_.back()->end();
        if (next < end && log_->read_cached(next) == nullptr) from = next;
    }
    if (!from) return std::nullopt;
    reading_ = true;
    return Read{*from, demand == Demand::run ? run_size() : 1};
}

void LogWindow::release_if_crowded() {
    if (windows_.used() <= kWindowsMax) return;
    drop_all();
    cursor_ = {};
}

void LogWindow::add_read(const std::vector<BatchRef>& batches) {
    reading_ = false;
    missed_.reset();
    if (batches.empty()) return;
    if (!batches_.empty() && batches_.back()->end() != batches.front()->base()) drop_all();
    for (const BatchRef& batch : batches) keep(batch);
}

}  // namespace varve
