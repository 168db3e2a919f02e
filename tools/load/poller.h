// Waits for many sockets at once.
#pragma once

#include "engine/base/types.h"

#include <array>
#include <span>
#include <sys/epoll.h>

namespace varve::load {

// Sockets are known by an index that the caller gives them. Caller-serialised.
class Poller {
public:
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    enum class Wants : uint8_t { input, input_and_room };
    void add(int fd, size_t index);
    void change(int fd, size_t index, Wants wants);
    // A socket that is closed is forgotten by itself.

    struct Event {
        size_t index = 0;
        bool input = false;  // or an error, which reading will tell
        bool room = false;
    };
    // Returns what has happened by `until_ns` (clock.h) at the latest. Valid until the next call.
    std::span<const Event> wait(int64_t until_ns);

private:
    static constexpr size_t kEventsMax = 256;
    int fd_;
    std::array<epoll_event, kEventsMax> raw_{};
    std::array<Event, kEventsMax> events_{};
};

}  // namespace varve::load
