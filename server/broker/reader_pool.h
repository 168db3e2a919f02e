// A few threads that read records from the disk, so that no shard waits for it.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/log.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace varve {

// Batches in a row, from the one that holds the wanted offset; empty at the end of the log.
using ReadResult = Result<std::vector<BatchRef>>;

// Threading: Thread-safe.
class ReaderPool {
public:
    explicit ReaderPool(uint32_t threads);
    // Finishes the reads that run and drops those that wait.
    ~ReaderPool();
    ReaderPool(const ReaderPool&) = delete;
    ReaderPool& operator=(const ReaderPool&) = delete;

    // Runs the job on a thread of the pool.
    void run(std::function<void()> job);
    // Reads at least one batch and at most about `size_max` bytes; `done` is called on a thread of
    // the pool. At most one read per lane waits here, and one job per queue that begins to weigh
    // what it holds.
    void read(LogRef log, Offset from, Bytes size_max, std::function<void(ReadResult)> done);

private:
    void work();

    Mutex jobs_mutex_;  // Nothing is called under it.
    std::condition_variable jobs_changed_;
    std::deque<std::function<void()>> jobs_ VARVE_GUARDED_BY(jobs_mutex_);
    bool stopping_ VARVE_GUARDED_BY(jobs_mutex_) = false;
    std::vector<std::thread> threads_;
};

}  // namespace varve
