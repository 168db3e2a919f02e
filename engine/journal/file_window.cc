#include "engine/journal/file_window.h"

#include <algorithm>

namespace varve::journal {
namespace {

constexpr uint64_t kReadAhead =
    1_MiB;  // Reading 4 KiB frames one by one would cost a system call each.

}  // namespace

Result<ByteView> FileWindow::view(uint64_t at, uint64_t size) {
    if (at >= file_size_) return ByteView{};
    size = std::min(size, file_size_ - at);
    if (at < begin_ || at + size > begin_ + held_) {
        const uint64_t wanted = std::min(std::max(size, kReadAhead), file_size_ - at);
        if (buffer_.size() < wanted) buffer_.resize(wanted);
        held_ = 0;
        begin_ = at;
        VARVE_TRY(held_, file_.read_at(at, std::span(buffer_).first(wanted)));
    }
    const uint64_t skipped = at - begin_;
    if (skipped >= held_) return ByteView{};
    return ByteView(buffer_.data() + skipped, std::min<uint64_t>(size, held_ - skipped));
}

}  // namespace varve::journal
