// Locks with names and annotated fields. Lock order, outermost first: committer.waiting, log,
// journal.live, file_pool.
#pragma once

#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define VARVE_ATTRIBUTE(x) __attribute__((x))
#else
#define VARVE_ATTRIBUTE(x)
#endif
#define VARVE_CAPABILITY VARVE_ATTRIBUTE(capability("mutex"))
#define VARVE_SCOPED_CAPABILITY VARVE_ATTRIBUTE(scoped_lockable)
#define VARVE_GUARDED_BY(m) VARVE_ATTRIBUTE(guarded_by(m))
#define VARVE_REQUIRES(m) VARVE_ATTRIBUTE(requires_capability(m))
#define VARVE_ACQUIRE(...) VARVE_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define VARVE_RELEASE(...) VARVE_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace varve {

class VARVE_CAPABILITY Mutex {
public:
    void lock() VARVE_ACQUIRE() { mutex_.lock(); }
    void unlock() VARVE_RELEASE() { mutex_.unlock(); }

private:
    friend class MutexLock;
    std::mutex mutex_;
};

// Holds a Mutex for a scope, and waits on conditions under it.
class VARVE_SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) VARVE_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
    ~MutexLock() VARVE_RELEASE() = default;
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

    void wait(std::condition_variable& condition) { condition.wait(lock_); }
    template <typename Duration>
    std::cv_status wait_for(std::condition_variable& condition, Duration duration) {
        return condition.wait_for(lock_, duration);
    }

private:
    std::unique_lock<std::mutex> lock_;
};

}  // namespace varve
