#include "engine/disk_watch.h"

namespace varve {

void DiskWatch::set_free(Bytes free) {
    const MutexLock lock(mutex_);
    free_ = free;
    low_ = free < free_limit_;
}

void DiskWatch::set_full(bool full) {
    const MutexLock lock(mutex_);
    full_ = full;
}

DiskState DiskWatch::state() const {
    const MutexLock lock(mutex_);
    return current();
}

Bytes DiskWatch::free() const {
    const MutexLock lock(mutex_);
    return free_;
}

void DiskWatch::on_change(std::function<void(DiskState, Bytes)> handler) {
    const MutexLock lock(mutex_);
    handler_ = std::move(handler);
}

void DiskWatch::report() {
    std::function<void(DiskState, Bytes)> handler;
    DiskState state = DiskState::good;
    Bytes free = 0;
    {
        const MutexLock lock(mutex_);
        state = current();
        if (!handler_ || state == reported_) return;
        reported_ = state;
        free = free_;
        handler = handler_;
    }
    handler(state, free);
}

DiskState DiskWatch::current() const {
    if (full_) return DiskState::full;
    return low_ ? DiskState::low : DiskState::good;
}

}  // namespace varve
