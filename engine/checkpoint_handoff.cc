#include "engine/checkpoint_handoff.h"

#include "engine/base/check.h"

#include <utility>

namespace varve {

CheckpointHandoff::CheckpointHandoff(std::function<void()> wake_committer)
    : wake_committer_(std::move(wake_committer)) {}

Result<void> CheckpointHandoff::request() {
    uint64_t ticket = 0;
    uint64_t failures_before = 0;
    {
        const MutexLock lock(mutex_);
        if (shut_) return *shut_;
        ticket = ++requested_;
        failures_before = failures_;
        retry_ = running_;
        upkeep_.notify_all();
    }
    wake_committer_();
    MutexLock lock(mutex_);
    while (fulfilled_ < ticket && !shut_ && failures_ == failures_before) lock.wait(waiters_);
    if (fulfilled_ >= ticket) return ok();
    return shut_ ? *shut_ : *last_failure_;
}

bool CheckpointHandoff::requested() const {
    const MutexLock lock(mutex_);
    return requested_ > covered_;
}

bool CheckpointHandoff::running() const {
    const MutexLock lock(mutex_);
    return running_;
}

void CheckpointHandoff::hand_over(FrozenState frozen) {
    const MutexLock lock(mutex_);
    VARVE_CHECK(!running_);
    running_ = true;
    covered_ = requested_;
    frozen_ = std::move(frozen);
    upkeep_.notify_all();
}

void CheckpointHandoff::nothing_to_do() {
    const MutexLock lock(mutex_);
    VARVE_CHECK(!running_);
    covered_ = fulfilled_ = requested_;
    waiters_.notify_all();
}

std::optional<Position> CheckpointHandoff::take_written() {
    const MutexLock lock(mutex_);
    return std::exchange(written_, std::nullopt);
}

std::optional<FrozenState> CheckpointHandoff::next(
    std::optional<std::chrono::milliseconds> patience) {
    MutexLock lock(mutex_);
    while (!frozen_ && !retry_ && !shut_) {
        if (!patience) {
            lock.wait(upkeep_);
        } else if (lock.wait_for(upkeep_, *patience) == std::cv_status::timeout) {
            break;
        }
    }
    retry_ = false;
    return std::exchange(frozen_, std::nullopt);
}

void CheckpointHandoff::written(Position stored) {
    {
        const MutexLock lock(mutex_);
        running_ = false;
        written_ = stored;
        fulfilled_ = covered_;
        ++written_count_;
        waiters_.notify_all();
    }
    wake_committer_();
}

void CheckpointHandoff::failed(const Error& error) {
    const MutexLock lock(mutex_);
    ++failures_;
    last_failure_ = error;
    waiters_.notify_all();
}

bool CheckpointHandoff::is_shut() const {
    const MutexLock lock(mutex_);
    return shut_.has_value();
}

void CheckpointHandoff::shut(const Error& reason) {
    const MutexLock lock(mutex_);
    if (!shut_) shut_ = reason;
    waiters_.notify_all();
    upkeep_.notify_all();
}

uint64_t CheckpointHandoff::written_count() const {
    const MutexLock lock(mutex_);
    return written_count_;
}

}  // namespace varve
