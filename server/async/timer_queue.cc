#include "server/async/timer_queue.h"

#include <algorithm>
#include <vector>

namespace varve {

TimerQueue::TimerQueue(Shard& shard,
                       Clock& clock,
                       std::chrono::milliseconds check_max,
                       Handler on_due)
    : clock_(clock), check_max_(check_max), on_due_(std::move(on_due)), timer_(shard.context()) {}

void TimerQueue::set(Key key, std::chrono::nanoseconds deadline) {
    const auto [entry, is_new] = by_key_.try_emplace(key, deadline);
    if (!is_new) {
        if (entry->second == deadline) return;
        deadlines_.erase({entry->second, key});
        entry->second = deadline;
    }
    deadlines_.emplace(deadline, key);
    arm();
}

void TimerQueue::clear(Key key) {
    const auto entry = by_key_.find(key);
    if (entry == by_key_.end()) return;
    deadlines_.erase({entry->second, key});
    by_key_.erase(entry);
    // The timer stays armed: firing for nothing once is cheaper than arming it for every change.
}

void TimerQueue::arm() {
    if (deadlines_.empty()) return;
    const auto earliest = deadlines_.begin()->first;
    if (earliest >= armed_for_) return;
    armed_for_ = earliest;
    const std::chrono::nanoseconds wait =
        std::clamp<std::chrono::nanoseconds>(earliest - clock_.monotonic(), {}, check_max_);
    timer_.expires_after(wait);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) fire();
    });
}

void TimerQueue::fire() {
    armed_for_ = std::chrono::nanoseconds::max();
    const auto now = clock_.monotonic();
    std::vector<Key> due;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        due.push_back(deadlines_.begin()->second);
        by_key_.erase(due.back());
        deadlines_.erase(deadlines_.begin());
    }
    for (const Key key : due) on_due_(key);
    arm();
}

}  // namespace varve
