// When a heartbeat is due, and when a peer is taken for dead. Pure: times are points of
// Clock::monotonic().
#pragma once

#include <chrono>

namespace varve::amqp {

struct Heartbeat {
    std::chrono::nanoseconds interval{};  // as negotiated; 0: none in either direction

    // Twice in each interval, since a peer may count from its own last look.
    bool send_due(std::chrono::nanoseconds now, std::chrono::nanoseconds last_sent) const {
        return interval.count() > 0 && now - last_sent >= interval / 2;
    }
    // After two intervals of silence.
    bool is_dead(std::chrono::nanoseconds now, std::chrono::nanoseconds last_received) const {
        return interval.count() > 0 && now - last_received > 2 * interval;
    }
};

}  // namespace varve::amqp
