// Between the committer, which freezes the state, and upkeep, which writes it to the store; and who
// waits for that.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/engine_state.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <optional>

namespace varve {

// One checkpoint is on its way at a time. A checkpoint that failed for lack of space stays with
// upkeep, which tries again.
//
// Threading: Thread-safe; the parts say whose they are.
class CheckpointHandoff {
public:
    // `wake_committer` is called, without a lock, when there is something new for the committer.
    explicit CheckpointHandoff(std::function<void()> wake_committer);

    // Anybody's: asks for a checkpoint of the state as it is now at the earliest, and waits for it.
    // The error of an attempt that failed meanwhile.
    Result<void> request();

    // The committer's.
    bool requested() const;
    bool running() const;
    void hand_over(FrozenState frozen);
    // In place of handing over, when the store has everything already.
    void nothing_to_do();
    // Up to where the store has come since the last call.
    std::optional<Position> take_written();

    // Upkeep's. None after `patience`, if there is any, when a held checkpoint should be tried
    // again, or at the end.
    std::optional<FrozenState> next(std::optional<std::chrono::milliseconds> patience);
    void written(Position stored);
    void failed(const Error& error);
    bool is_shut() const;

    // No more checkpoints: whoever waits gets the reason.
    void shut(const Error& reason);

    uint64_t written_count() const;

private:
    const std::function<void()> wake_committer_;

    mutable Mutex mutex_;
    std::condition_variable upkeep_;
    std::condition_variable waiters_;
    // Requests are numbered: one is fulfilled when a checkpoint that was frozen after it is
    // written.
    uint64_t requested_ VARVE_GUARDED_BY(mutex_) = 0;
    uint64_t covered_ VARVE_GUARDED_BY(mutex_) = 0;  // by what was frozen last
    uint64_t fulfilled_ VARVE_GUARDED_BY(mutex_) = 0;
    bool running_ VARVE_GUARDED_BY(mutex_) = false;
    bool retry_ VARVE_GUARDED_BY(mutex_) = false;
    std::optional<FrozenState> frozen_ VARVE_GUARDED_BY(mutex_);
    std::optional<Position> written_ VARVE_GUARDED_BY(mutex_);
    uint64_t written_count_ VARVE_GUARDED_BY(mutex_) = 0;
    uint64_t failures_ VARVE_GUARDED_BY(mutex_) = 0;
    std::optional<Error> last_failure_ VARVE_GUARDED_BY(mutex_);
    std::optional<Error> shut_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
