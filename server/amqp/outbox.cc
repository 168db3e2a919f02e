#include "server/amqp/outbox.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve::amqp {

namespace {
constexpr size_t kBuffersMax = 64;  // of one write
constexpr size_t kKeptCapacity =
    512_KiB;  // A busy connection's turn; more is given back once it is written.
constexpr size_t kTidySize =
    256_KiB;  // Written bytes below this stay in front: moving the rest costs more.
}  // namespace

void Outbox::add_slice(ByteView bytes, BatchRef keep) {
    slices_.push_back({text_.size(), bytes, std::move(keep)});
    slice_bytes_ += bytes.size();
}

std::span<const boost::asio::const_buffer> Outbox::next() {
    buffers_.clear();
    size_t text_at = text_at_;
    for (size_t i = slice_at_; i < slices_.size() && buffers_.size() + 2 < kBuffersMax; ++i) {
        if (slices_[i].text_end > text_at) {
            buffers_.emplace_back(text_.data() + text_at, slices_[i].text_end - text_at);
            text_at = slices_[i].text_end;
        }
        buffers_.emplace_back(slices_[i].bytes.data(), slices_[i].bytes.size());
        if (i + 1 < slices_.size()) continue;
        if (text_.size() > text_at)
            buffers_.emplace_back(text_.data() + text_at, text_.size() - text_at);
        return buffers_;
    }
    if (slice_at_ == slices_.size() && text_.size() > text_at) {
        buffers_.emplace_back(text_.data() + text_at, text_.size() - text_at);
    }
    return buffers_;
}

void Outbox::written(size_t size) {
    VARVE_DCHECK(size <= this->size());
    while (size > 0) {
        const bool is_last = slice_at_ == slices_.size();
        const size_t text_end = is_last ? text_.size() : slices_[slice_at_].text_end;
        const size_t text_size = std::min(size, text_end - text_at_);
        text_at_ += text_size;
        size -= text_size;
        if (is_last || text_at_ < text_end) continue;
        Slice& slice = slices_[slice_at_];
        const size_t slice_size = std::min(size, slice.bytes.size());
        slice.bytes.remove_prefix(slice_size);
        slice_bytes_ -= slice_size;
        size -= slice_size;
        if (!slice.bytes.empty()) continue;
        slice.keep.reset();
        ++slice_at_;
    }
    tidy();
}

void Outbox::tidy() {
    if (empty()) {
        text_.clear();
        text_at_ = 0;
        slices_.clear();
        slice_at_ = 0;
        if (text_.capacity() > kKeptCapacity) shrink();
        return;
    }
    if (text_at_ < kTidySize || text_at_ < text_.size() / 2) return;
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(slice_at_));
    slice_at_ = 0;
    for (Slice& slice : slices_) slice.text_end -= text_at_;
    text_.erase(0, text_at_);
    text_at_ = 0;
}

void Outbox::shrink() {
    if (!empty()) return;
    text_ = std::string();
    slices_ = {};
    buffers_ = {};
}

}  // namespace varve::amqp
