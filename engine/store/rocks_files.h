// RocksDB's kinds of open file, each on a File. Private to the store.
#pragma once

#include "engine/base/mutex.h"
#include "engine/io/file_system.h"

#include <rocksdb/file_system.h>

#include <limits>
#include <memory>
#include <set>
#include <utility>

namespace varve {

// Files of which a read has failed.
//
// Threading: Thread-safe. Lifetime: shared by the file system and open files, which end in no fixed
// order.
class UnreadableFiles {
public:
    void add(const Path& path) {
        const MutexLock lock(mutex_);
        paths_.insert(path);
    }
    bool contains(const Path& path) const {
        const MutexLock lock(mutex_);
        return paths_.contains(path);
    }

private:
    mutable Mutex mutex_;  // Innermost: nothing is called under it.
    std::set<Path> paths_ VARVE_GUARDED_BY(mutex_);
};

class RocksSequentialFile final : public rocksdb::FSSequentialFile {
public:
    static constexpr uint64_t kToItsEnd = std::numeric_limits<uint64_t>::max();
    // As if the file had no more than `size_max` bytes.
    explicit RocksSequentialFile(std::unique_ptr<File> file, uint64_t size_max = kToItsEnd)
        : file_(std::move(file)), size_max_(size_max) {}
    rocksdb::IOStatus Read(size_t n,
                           const rocksdb::IOOptions& options,
                           rocksdb::Slice* result,
                           char* scratch,
                           rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Skip(uint64_t n) override;

private:
    std::unique_ptr<File> file_;
    uint64_t size_max_;
    uint64_t at_ = 0;
};

class RocksRandomAccessFile final : public rocksdb::FSRandomAccessFile {
public:
    // `unreadable` is told the path when a read fails.
    RocksRandomAccessFile(std::unique_ptr<File> file, std::shared_ptr<UnreadableFiles> unreadable)
        : file_(std::move(file)), unreadable_(std::move(unreadable)) {}
    rocksdb::IOStatus Read(uint64_t at,
                           size_t n,
                           const rocksdb::IOOptions& options,
                           rocksdb::Slice* result,
                           char* scratch,
                           rocksdb::IODebugContext* debug) const override;

private:
    std::unique_ptr<File> file_;
    std::shared_ptr<UnreadableFiles> unreadable_;
};

class RocksWritableFile : public rocksdb::FSWritableFile {
public:
    RocksWritableFile(std::unique_ptr<File> file, uint64_t size)
        : file_(std::move(file)), size_(size) {}

    using rocksdb::FSWritableFile::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Truncate(uint64_t size,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Flush(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override;
    // A real sync, so that a large file never has more than a few MiB waiting for the disk: the
    // journal's syncs would have to queue behind them.
    rocksdb::IOStatus RangeSync(uint64_t at,
                                uint64_t size,
                                const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* debug) override;
    uint64_t GetFileSize(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override;

protected:
    File& file() { return *file_; }
    uint64_t size() const { return size_; }
    void set_size(uint64_t size) { size_ = size; }

private:
    std::unique_ptr<File> file_;
    uint64_t size_;
};

// A file that RocksDB writes once, in whole pages: past the page cache. It is cut to its size when
// it is closed.
class RocksPagesFile final : public RocksWritableFile {
public:
    using RocksWritableFile::RocksWritableFile;
    bool use_direct_io() const override { return true; }
    size_t GetRequiredBufferAlignment() const override { return kPage; }
    using rocksdb::FSWritableFile::PositionedAppend;
    rocksdb::IOStatus PositionedAppend(const rocksdb::Slice& data,
                                       uint64_t at,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
};

// A MANIFEST being written.
//
// What was appended is durable before more is appended. RocksDB syncs once for several records if a
// merge ends while a checkpoint is taken over; but the end of the file can be told from damage only
// if no more than one record may be torn (manifest_tail.h). Until the first sync nothing names the
// file, and there is no need.
//
// Behind its end the file has room, written ahead as zeros, so that a full disk stops a checkpoint
// before it is here: after a failed write to its MANIFEST RocksDB 7.8 does not work again until it
// is opened anew (background_errors.h).
class RocksManifestFile final : public RocksWritableFile {
public:
    using RocksWritableFile::Append;
    using RocksWritableFile::RocksWritableFile;
    rocksdb::IOStatus Append(const rocksdb::Slice& data,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override;

private:
    Result<void> make_room(uint64_t size);

    uint64_t allocated_ = 0;
    bool is_named_ = false;
    bool has_unsynced_ = false;
};

class RocksDirectory final : public rocksdb::FSDirectory {
public:
    RocksDirectory(FileSystem& files, Path path) : files_(files), path_(std::move(path)) {}
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override;

private:
    FileSystem& files_;
    Path path_;
};

class RocksFileLock final : public rocksdb::FileLock {
public:
    explicit RocksFileLock(std::unique_ptr<varve::FileLock> lock) : lock_(std::move(lock)) {}

private:
    std::unique_ptr<varve::FileLock> lock_;
};

}  // namespace varve
