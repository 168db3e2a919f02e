// What routing and queueing need to know of a message's property list, without decoding the rest of
// it.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <chrono>
#include <optional>

namespace varve {

// Views borrow from the property list.
struct MessageFacts {
    bool persistent = false;
    uint8_t priority = 0;
    std::optional<std::chrono::milliseconds> time_limit;  // of the property `expiration`
    ByteView headers;                                     // encoded table; empty if absent
};

// `properties` has been validated by whoever took it from a client. `precondition` with RabbitMQ's
// text for a bad `expiration`.
Result<MessageFacts> read_facts(ByteView properties);

// When a record appended at `now` expires: the smaller one of the limits of the message and of its
// queue.
inline std::optional<TimePoint> expiry_of(TimePoint now,
                                          std::optional<std::chrono::milliseconds> message_limit,
                                          std::optional<std::chrono::milliseconds> queue_limit) {
    if (!message_limit && !queue_limit) return std::nullopt;
    if (message_limit && queue_limit) return now + std::min(*message_limit, *queue_limit);
    return now + (message_limit ? *message_limit : *queue_limit);
}

}  // namespace varve
