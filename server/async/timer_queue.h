// One timer for many deadlines of a shard.
#pragma once

#include "engine/io/clock.h"
#include "server/async/shard.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <unordered_map>

namespace varve {

// Deadlines are points of Clock::monotonic(). Each key has at most one.
//
// Threading: Shard-bound.
class TimerQueue {
public:
    using Key = uint64_t;
    using Handler = std::function<void(Key)>;

    // Looks at the clock at the earliest deadline, and at least once per `check_max` while there is
    // one: a clock that a test holds still is noticed when it moves.
    TimerQueue(Shard& shard, Clock& clock, std::chrono::milliseconds check_max, Handler on_due);

    // Calls the handler once, at `deadline` or a little later. Replaces the key's deadline.
    void set(Key key, std::chrono::nanoseconds deadline);
    void clear(Key key);

private:
    void arm();
    void fire();

    Clock& clock_;
    std::chrono::milliseconds check_max_;
    Handler on_due_;
    boost::asio::steady_timer timer_;
    std::set<std::pair<std::chrono::nanoseconds, Key>> deadlines_;
    std::unordered_map<Key, std::chrono::nanoseconds> by_key_;
    std::chrono::nanoseconds armed_for_ = std::chrono::nanoseconds::max();
};

}  // namespace varve
