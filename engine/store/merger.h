// Keeps the store shallow and rids it of what was trimmed, beside the checkpoints. Private to the
// store.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/store/merge_plan.h"
#include "engine/store/trim_points.h"

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace varve {

// Looks after each checkpoint what merge_plan.h would do, and does it. In the background on a
// thread of its own.
//
// Threading: Thread-safe.
// Failure:   `no_space` is tried again after the next checkpoint; any other error stays, and ends
// the merging.
class Merger {
public:
    enum class Mode : uint8_t { background, inline_with_checkpoints };

    Merger(rocksdb::DB& db, std::shared_ptr<const CurrentTrimPoints> trim_points, Mode mode);
    // Abandons the merge that is running; it leaves no trace.
    ~Merger();
    Merger(const Merger&) = delete;
    Merger& operator=(const Merger&) = delete;

    // Waits until the store is shallow enough for one more checkpoint.
    Result<void> await_room();
    // A checkpoint is done: there may be work.
    void notice_checkpoint();

    Bytes bytes_written() const { return bytes_written_; }

private:
    void run();
    void merge_and_note_error();
    // Merges until nothing is left to do.
    Result<void> merge_all();
    std::vector<StoredFile> list_files() const;
    std::optional<MergePlan> choose(const std::vector<FileStack>& stacks,
                                    const TrimPoints& points) const;
    Result<void> merge(const MergePlan& plan);
    // Removes files that hold nothing but trimmed batches, without reading them.
    Result<void> drop_dead_files(const TrimPoints& points);
    void note_depth(int depth);
    bool stopping() const;

    rocksdb::DB& db_;
    std::shared_ptr<const CurrentTrimPoints> trim_points_;
    Mode mode_;
    std::atomic<Bytes> bytes_written_ = 0;

    mutable Mutex mutex_;  // Innermost: nothing is called under it.
    std::condition_variable changed_;
    bool stopping_ VARVE_GUARDED_BY(mutex_) = false;
    int depth_ VARVE_GUARDED_BY(mutex_) = 0;        // of the deepest stack when last looked at
    int checkpoints_ VARVE_GUARDED_BY(mutex_) = 0;  // since then: each may have added a level
    bool has_work_ VARVE_GUARDED_BY(mutex_) = true;
    std::optional<Error> error_ VARVE_GUARDED_BY(mutex_);
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace varve
