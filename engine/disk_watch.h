// How much room the disk has left, and who is told when that changes.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/types.h"
#include "engine/engine.h"

#include <functional>

namespace varve {

// Threading: Thread-safe; report() on the committer's thread, where handlers run.
class DiskWatch {
public:
    explicit DiskWatch(Bytes free_limit) : free_limit_(free_limit) {}

    void set_free(Bytes free);
    // A commit waits for space, or does not any more.
    void set_full(bool full);

    DiskState state() const;
    Bytes free() const;

    void on_change(std::function<void(DiskState, Bytes free)> handler);
    // Tells the handler if the state is another one than it was told last; `good` is what it
    // assumes.
    void report();

private:
    DiskState current() const VARVE_REQUIRES(mutex_);

    const Bytes free_limit_;
    mutable Mutex mutex_;
    Bytes free_ VARVE_GUARDED_BY(mutex_) = 0;
    bool low_ VARVE_GUARDED_BY(mutex_) = false;
    bool full_ VARVE_GUARDED_BY(mutex_) = false;
    DiskState reported_ VARVE_GUARDED_BY(mutex_) = DiskState::good;
    std::function<void(DiskState, Bytes)> handler_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
