// The only door to the disk, for the journal and for RocksDB alike: what a test puts behind it can
// lose power.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace varve {

using Path = std::filesystem::path;

enum class OpenMode : uint8_t {
    read,                // must exist
    read_write,          // must exist
    create_new,          // must not exist
    create_or_truncate,  // empty afterwards
    // Must exist. Is written in whole pages (kPage) at multiples of them, and not read: so the page
    // cache can be left out, where the file system is able to.
    overwrite_pages
};

// What OpenMode::overwrite_pages writes at a time, or several of.
constexpr uint64_t kPage = 4096;

// An open file. Closed by its destructor; data written but not synced may be lost with the power.
//
// Threading: Thread-safe for reads; writes and sync are Caller-serialised.
// Failure:   `io`, or `no_space` for a full disk, with the path in the detail. After a failed
// sync() the kernel may
//            have dropped the dirty pages: what was written since the last good sync() must be
//            treated as lost.
class File {
public:
    virtual ~File() = default;

    virtual const Path& path() const = 0;
    // Reads up to `into.size()` bytes; fewer only at the end of the file.
    virtual Result<size_t> read_at(uint64_t at, std::span<char> into) const = 0;
    // Writes all of it, or fails. Growing the file is allowed.
    virtual Result<void> write_at(uint64_t at, ByteView bytes) = 0;
    // Writes the pieces one behind the other, as one system call where it can.
    virtual Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) = 0;
    // fdatasync: contents, and of the metadata what is needed to read them back.
    virtual Result<void> sync() = 0;
    virtual Result<uint64_t> size() const = 0;
    virtual Result<void> truncate(uint64_t size) = 0;
    // Errors that only close() can report. The destructor closes too, and drops them.
    virtual Result<void> close() = 0;
};

struct FileInfo {
    Bytes size = 0;
    TimePoint modified;
    bool is_directory = false;
};

struct DiskSpace {
    Bytes free = 0;  // for an unprivileged process
    Bytes total = 0;
};

// Held while it lives; the operating system releases it when the process dies.
class FileLock {
public:
    virtual ~FileLock() = default;
};

// Names, files and directories. Names are durable only after sync_directory() on their parent.
//
// Threading: Thread-safe.
// Failure:   `not_found`, `already_exists`, `busy` (lock held elsewhere), `access_refused`,
// `no_space`, `io`; the path
//            is in the detail.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    virtual Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) = 0;
    virtual Result<void> rename(const Path& from, const Path& to) = 0;  // replaces `to`
    virtual Result<void> link(const Path& from, const Path& to) = 0;
    virtual Result<void> remove(const Path& path) = 0;            // a file
    virtual Result<void> create_directory(const Path& path) = 0;  // fine if it is there already
    virtual Result<void> remove_directory(const Path& path) = 0;  // must be empty
    virtual Result<void> sync_directory(const Path& path) = 0;
    virtual Result<std::vector<std::string>> list(
        const Path& directory) = 0;  // names, sorted, without . and ..
    virtual Result<FileInfo> info(const Path& path) = 0;
    virtual Result<DiskSpace> space(const Path& path) = 0;
    virtual Result<std::unique_ptr<FileLock>> lock(
        const Path& path) = 0;  // creates the file; `busy` if held
    // Whether somebody holds that lock. Takes nothing, creates nothing, and needs no right to
    // write; false without a file.
    virtual Result<bool> is_locked(const Path& path) = 0;
};

// The machine's own. Lives as long as the process.
FileSystem& posix_file_system();

}  // namespace varve
