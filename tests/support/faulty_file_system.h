// A disk in memory that loses power, fails, fills up and rots when told to.
#pragma once

#include "engine/base/mutex.h"
#include "engine/io/file_system.h"
#include "tests/support/disk_names.h"

#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace varve {

enum class IoKind : uint8_t {
    open,  // of a file that is there
    read,
    // From here on each call is an event: it changes the disk, or what of it is durable.
    create,
    write,
    truncate,
    sync,
    rename,
    link,
    remove,
    create_directory,
    remove_directory,
    sync_directory,
};
std::string_view to_string(IoKind kind);

// One call that changed something, for messages.
struct IoEvent {
    IoKind kind;
    Path path;
    uint64_t at = 0;    // of a write; the new size of a truncate
    uint64_t size = 0;  // of a write
    std::string text() const;
};

// Which call is to fail: the one after `skip` others of its kind on paths that contain `path_part`.
struct IoFault {
    IoKind kind;
    ErrorCode code = ErrorCode::io;
    uint64_t skip = 0;
    std::string path_part;  // empty: any path
};

// The model: what was written is durable once its file was synced, and a name once its directory
// was synced. A crash keeps all of that, and of the rest what `Survival` says. Fast enough for
// RocksDB; starts empty, but for the root.
//
// Threading: Thread-safe.
// Lifetime:  files and locks must not outlive it.
class FaultyFileSystem final : public FileSystem {
public:
    FaultyFileSystem() = default;

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
    Result<void> rename(const Path& from, const Path& to) override;
    Result<void> link(const Path& from, const Path& to) override;
    Result<void> remove(const Path& path) override;
    Result<void> create_directory(const Path& path) override;
    Result<void> remove_directory(const Path& path) override;
    Result<void> sync_directory(const Path& path) override;
    Result<std::vector<std::string>> list(const Path& directory) override;
    Result<FileInfo> info(const Path& path) override;
    Result<DiskSpace> space(const Path& path) override;
    Result<std::unique_ptr<FileLock>> lock(const Path& path) override;
    Result<bool> is_locked(const Path& path) override;

    // Power. The event with this number, counted from 0, is the one in flight: it fails, and may or
    // may not have reached the disk. Every later call fails with `io`.
    void cut_power_at(uint64_t event);
    void cut_power();
    bool has_power() const;
    uint64_t event_count() const;
    std::vector<IoEvent> events() const;
    // What a restart finds if the power goes now (or where it went). May be taken more than once.
    std::unique_ptr<FaultyFileSystem> after_crash(Survival survival, SeededRng& rng) const;

    // Failing calls. A failed sync behaves as on Linux: its data will not be durable, whatever
    // later syncs say.
    void fail(IoFault fault);
    void fail_every_sync();

    // Writes that would grow the files beyond `capacity` do so as far as it goes, and fail with
    // `no_space`.
    void set_capacity(Bytes capacity);
    // Damages what is on the disk, behind everybody's back.
    void flip_bit(const Path& path, uint64_t byte, unsigned bit);

private:
    class OpenFile;
    class HeldLock;
    // What becomes of a call.
    struct Verdict {
        bool performed;              // in flight counts as performed, but for syncs
        std::optional<Error> error;  // what the caller hears
    };
    Verdict judge(const IoEvent& event) VARVE_REQUIRES(mutex_);
    std::optional<Error> fault_for(const IoEvent& event) VARVE_REQUIRES(mutex_);
    Result<void> change_names(const IoEvent& event,
                              const std::function<Result<void>(DiskNames&)>& change);
    Result<void> write(const DiskNodePtr& node, const Path& path, uint64_t at, std::string bytes);
    Result<void> sync(const DiskNodePtr& node, const Path& path);

    mutable Mutex mutex_;  // The only one here; nothing is called under it.
    DiskNames names_ VARVE_GUARDED_BY(mutex_);
    std::set<Path> locked_ VARVE_GUARDED_BY(mutex_);
    std::vector<IoEvent> events_ VARVE_GUARDED_BY(mutex_);
    std::vector<IoFault> faults_ VARVE_GUARDED_BY(mutex_);
    std::optional<uint64_t> cut_at_ VARVE_GUARDED_BY(mutex_);
    bool has_power_ VARVE_GUARDED_BY(mutex_) = true;
    bool syncs_fail_ VARVE_GUARDED_BY(mutex_) = false;
    Bytes capacity_ VARVE_GUARDED_BY(mutex_) = kUnlimited;
    static constexpr Bytes kUnlimited = std::numeric_limits<Bytes>::max();
};

}  // namespace varve
