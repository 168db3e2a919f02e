// Files made ready ahead of use, so that a commit never waits for the file system to allocate; and
// used ones, again.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/io/file_system.h"
#include "engine/options.h"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace varve::journal {

// A file that is allocated in full, durably named, and of no meaning yet.
struct SpareFile {
    Path path;
    Bytes size = 0;
};

// Owns a helper thread that keeps at least one spare file ready: a used one under a new name, or
// else a new one, written full of zeros and synced.
//
// Threading: Thread-safe.
// Lifetime:  the destructor ends the thread; the spares stay for the next open.
// Failure:   take() answers `no_space` while no spare can be made, and tries anew each time. `io`
// after a used file
//            could not be renamed durably: what stands under which name after a crash is unknown
//            then.
class FilePool {
public:
    // Adopts the spares found in `directory` and deletes unfinished ones.
    static Result<std::unique_ptr<FilePool>> open(FileSystem& files,
                                                  Path directory,
                                                  const JournalOptions& options);
    ~FilePool();
    FilePool(const FilePool&) = delete;
    FilePool& operator=(const FilePool&) = delete;

    // A spare of at least `size` bytes. Waits for the helper if it is behind; sizes above the usual
    // are made on the spot.
    Result<SpareFile> take(Bytes size);
    // Takes a file out of use: to be a spare, or deleted if there are enough. Does not wait.
    void give_back(Path path, Bytes size);

    Bytes bytes_on_disk() const;

private:
    FilePool(FileSystem& files, Path directory, const JournalOptions& options);
    struct Task {
        std::optional<SpareFile> used;  // to be recycled; none: make a new one
    };
    Result<void> adopt_spares();
    Result<void> adopt_or_remove(const Path& path, uint64_t number);
    void run();
    std::optional<Task> next_task();  // waits for one; none at the end
    bool has_work() const VARVE_REQUIRES(mutex_);
    void recycle_one(SpareFile used);
    void make_one();
    Result<SpareFile> make(Bytes size);
    Result<void> fill(const Path& path, Bytes size);
    Result<SpareFile> rename_to_spare(const Path& from, Bytes size);

    FileSystem& files_;
    const Path directory_;
    const Bytes file_size_;
    const size_t spares_max_;
    std::atomic<uint64_t> next_number_ = 0;
    std::atomic<bool> stopping_ = false;

    mutable Mutex mutex_;  // file_pool; nothing is called under it
    std::condition_variable changed_;
    std::deque<SpareFile> spares_ VARVE_GUARDED_BY(mutex_);
    std::deque<SpareFile> used_ VARVE_GUARDED_BY(mutex_);
    std::optional<Error> last_failure_
        VARVE_GUARDED_BY(mutex_);  // of making a spare; cleared by whoever asks again
    std::optional<Error> broken_ VARVE_GUARDED_BY(mutex_);
    std::thread helper_;
};

// `options.file_size` as it is used: whole pages, and room for one frame.
Bytes usual_file_size(const JournalOptions& options);

}  // namespace varve::journal
