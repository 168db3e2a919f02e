#include "engine/io/posix_file.h"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <sys/uio.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace varve {
namespace {

// As many pieces as one pwritev() takes. On the stack: 16 KiB.
using IoVectors = std::array<iovec, IOV_MAX>;

ErrorCode code_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::not_found;
        case EEXIST:
        case ENOTEMPTY:
            return ErrorCode::already_exists;
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::no_space;
        case EWOULDBLOCK:
            return ErrorCode::busy;
        case EACCES:
        case EPERM:
            return ErrorCode::access_refused;
        case EINVAL:
            return ErrorCode::invalid_argument;
        default:
            return ErrorCode::io;
    }
}

iovec vector_of(ByteView piece) {
    // The kernel only reads it, but struct iovec serves both directions.
    return {const_cast<char*>(piece.data()),
            piece.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

// Takes the next pieces, the first of them without its `skip` bytes that are written already.
size_t gather(std::span<const ByteView> pieces, size_t skip, IoVectors& vectors) {
    const size_t count = std::min(pieces.size(), vectors.size());
    for (size_t i = 0; i < count; ++i) vectors[i] = vector_of(pieces[i]);
    vectors[0] = vector_of(pieces[0].substr(skip));
    return count;
}

}  // namespace

Error posix_error(int number, std::string_view doing, const Path& path) {
    return {
        code_of(number),
        path.string() + ": " + std::string(doing) + ": " + std::generic_category().message(number)};
}

PosixFile::~PosixFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<size_t> PosixFile::read_at(uint64_t at, std::span<char> into) const {
    size_t done = 0;
    while (done < into.size()) {
        const ssize_t n = ::pread(
            descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
        if (n == 0) break;
        if (n > 0) {
            done += static_cast<size_t>(n);
        } else if (errno != EINTR) {
            return posix_error(errno, "read", path_);
        }
    }
    return done;
}

Result<void> PosixFile::write_at(uint64_t at, ByteView bytes) {
    return write_at(at, std::span(&bytes, 1));
}

Result<void> PosixFile::write_at(uint64_t at, std::span<const ByteView> pieces) {
    IoVectors vectors;
    size_t skip = 0;  // of pieces.front()
    while (true) {
        while (!pieces.empty() && skip >= pieces.front().size()) {
            skip -= pieces.front().size();
            pieces = pieces.subspan(1);
        }
        if (pieces.empty()) return ok();
        const size_t count = gather(pieces, skip, vectors);
        const ssize_t n =
            ::pwritev(descriptor_, vectors.data(), static_cast<int>(count), static_cast<off_t>(at));
        if (n > 0) {
            at += static_cast<uint64_t>(n);
            skip += static_cast<size_t>(n);
        } else if (n == 0) {
            return Error{ErrorCode::io, path_.string() + ": write: the system took no byte"};
        } else if (errno != EINTR) {
            return posix_error(errno, "write", path_);
        }
    }
}

Result<void> PosixFile::sync() {
    // Not repeated on EINTR: a failed fdatasync() may have dropped the dirty pages, and the next
    // one would not say so.
    if (::fdatasync(descriptor_) != 0) return posix_error(errno, "sync", path_);
    return ok();
}

Result<uint64_t> PosixFile::size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return posix_error(errno, "size", path_);
    return static_cast<uint64_t>(status.st_size);
}

Result<void> PosixFile::truncate(uint64_t size) {
    while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
        if (errno != EINTR) return posix_error(errno, "truncate", path_);
    }
    return ok();
}

Result<void> PosixFile::close() {
    // Linux closes the descriptor whatever close() answers.
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR)
        return posix_error(errno, "close", path_);
    return ok();
}

}  // namespace varve
