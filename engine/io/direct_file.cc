#include "engine/io/direct_file.h"

#include "engine/base/check.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <utility>

namespace varve {
namespace {

// A frame of the usual load fits; larger ones take several writes, between which nothing is lost.
constexpr size_t kBufferSize = 1_MiB;

bool is_direct(int descriptor) { return (::fcntl(descriptor, F_GETFL) & O_DIRECT) != 0; }

// Whether it worked is seen by is_direct().
void set_direct(int descriptor, bool on) {
    const int flags = ::fcntl(descriptor, F_GETFL);
    ::fcntl(descriptor, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

char* aligned_buffer() {
    void* bytes = std::aligned_alloc(kPage, kBufferSize);
    VARVE_CHECK(bytes != nullptr);
    return static_cast<char*>(bytes);
}

}  // namespace

void DirectFile::FreeBuffer::operator()(char* bytes) const { std::free(bytes); }

DirectFile::DirectFile(Path path, int descriptor)
    : file_(std::move(path), descriptor), descriptor_(descriptor), buffer_(aligned_buffer()) {
    set_direct(descriptor_, true);
}

Result<size_t> DirectFile::read_at(uint64_t /*at*/, std::span<char> /*into*/) const {
    return Error{ErrorCode::io, path().string() + ": opened for overwriting only"};
}

Result<void> DirectFile::write_at(uint64_t at, ByteView bytes) {
    const bool is_aligned = std::bit_cast<uintptr_t>(bytes.data()) % kPage == 0;
    if (!is_aligned || bytes.size() % kPage != 0) return write_at(at, std::span(&bytes, 1));
    VARVE_CHECK(at % kPage == 0);
    return write_pages(at, bytes);
}

Result<void> DirectFile::write_at(uint64_t at, std::span<const ByteView> pieces) {
    VARVE_CHECK(at % kPage == 0);
    size_t filled = 0;
    for (ByteView piece : pieces) {
        while (!piece.empty()) {
            const size_t size = std::min(piece.size(), kBufferSize - filled);
            std::memcpy(buffer_.get() + filled, piece.data(), size);
            piece.remove_prefix(size);
            filled += size;
            if (filled < kBufferSize) continue;
            VARVE_TRY(write_pages(at, {buffer_.get(), filled}));
            at += filled;
            filled = 0;
        }
    }
    VARVE_CHECK(filled % kPage == 0);
    return write_pages(at, {buffer_.get(), filled});
}

Result<void> DirectFile::write_pages(uint64_t at, ByteView pages) {
    auto written = file_.write_at(at, pages);
    // Some file systems take the flag and refuse the write, with just this error.
    const bool refused = !written && written.error().code == ErrorCode::invalid_argument;
    if (!refused || !is_direct(descriptor_)) return written;
    set_direct(descriptor_, false);
    return file_.write_at(at, pages);
}

}  // namespace varve
