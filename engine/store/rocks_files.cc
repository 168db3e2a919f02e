#include "engine/store/rocks_files.h"

#include "engine/store/rocks_status.h"

#include <algorithm>
#include <span>
#include <string>

namespace varve {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus RocksSequentialFile::Read(size_t n,
                                   const IOOptions& /*options*/,
                                   Slice* result,
                                   char* scratch,
                                   IODebugContext* /*debug*/) {
    const uint64_t left = size_max_ - std::min(at_, size_max_);
    const auto size = file_->read_at(at_, std::span<char>(scratch, std::min<uint64_t>(n, left)));
    *result = Slice(scratch, size ? *size : 0);
    at_ += result->size();
    return io_status_of(size);
}

IOStatus RocksSequentialFile::Skip(uint64_t n) {
    at_ += n;
    return IOStatus::OK();
}

IOStatus RocksRandomAccessFile::Read(uint64_t at,
                                     size_t n,
                                     const IOOptions& /*options*/,
                                     Slice* result,
                                     char* scratch,
                                     IODebugContext* /*debug*/) const {
    const auto size = file_->read_at(at, std::span<char>(scratch, n));
    if (!size) unreadable_->add(file_->path());
    *result = Slice(scratch, size ? *size : 0);
    return io_status_of(size);
}

IOStatus RocksWritableFile::Append(const Slice& data,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
    const auto written = file_->write_at(size_, view_of(data));
    if (written) size_ += data.size();
    return io_status_of(written);
}

IOStatus RocksWritableFile::Truncate(uint64_t size,
                                     const IOOptions& /*options*/,
                                     IODebugContext* /*debug*/) {
    const auto truncated = file_->truncate(size);
    if (truncated) size_ = size;
    return io_status_of(truncated);
}

IOStatus RocksWritableFile::Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return io_status_of(file_->close());
}

IOStatus RocksWritableFile::Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return IOStatus::OK();  // Append() writes through.
}

IOStatus RocksWritableFile::Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return io_status_of(file_->sync());
}

IOStatus RocksWritableFile::RangeSync(uint64_t /*at*/,
                                      uint64_t /*size*/,
                                      const IOOptions& options,
                                      IODebugContext* debug) {
    return Sync(options, debug);
}

uint64_t RocksWritableFile::GetFileSize(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return size_;
}

// The last page comes again when more of it is there.
IOStatus RocksPagesFile::PositionedAppend(const Slice& data,
                                          uint64_t at,
                                          const IOOptions& /*options*/,
                                          IODebugContext* /*debug*/) {
    const auto written = file().write_at(at, view_of(data));
    if (written) set_size(std::max(size(), at + data.size()));
    return io_status_of(written);
}

IOStatus RocksManifestFile::Append(const Slice& data,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
    if (is_named_ && has_unsynced_) {
        auto synced = Sync(options, debug);
        if (!synced.ok()) return synced;
    }
    const auto made = make_room(data.size());
    if (!made) return io_status_of(made);
    has_unsynced_ = true;
    return RocksWritableFile::Append(data, options, debug);
}

// Fine on a full disk, too, as long as `size` more bytes fit into what is there.
Result<void> RocksManifestFile::make_room(uint64_t size) {
    // A record names the files of one checkpoint or merge, a few hundred bytes each.
    constexpr uint64_t kRoom = 64_KiB;
    const uint64_t end = this->size() + size;
    if (allocated_ >= end + kRoom / 2) return ok();
    const uint64_t begin = std::max(allocated_, this->size());
    auto written = file().write_at(begin, std::string(end + kRoom - begin, '\0'));
    if (written) {
        allocated_ = end + kRoom;
    } else if (written.error().code == ErrorCode::no_space && end <= allocated_) {
        return ok();
    }
    return written;
}

IOStatus RocksManifestFile::Sync(const IOOptions& options, IODebugContext* debug) {
    auto synced = RocksWritableFile::Sync(options, debug);
    if (synced.ok()) {
        is_named_ = true;
        has_unsynced_ = false;
    }
    return synced;
}

IOStatus RocksDirectory::Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return io_status_of(files_.sync_directory(path_));
}

IOStatus RocksDirectory::Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) {
    return IOStatus::OK();
}

}  // namespace varve
