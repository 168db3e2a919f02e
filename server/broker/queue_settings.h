// What of a queue may change while it lives.
#pragma once

#include "engine/options.h"
#include "server/broker/length_limit.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace varve {

// Where a dead message goes. The exchange may be missing when that happens: then it is dropped.
struct DeadLetterTarget {
    std::string exchange;
    std::optional<std::string> routing_key;  // none: the keys it was published with
    bool operator==(const DeadLetterTarget&) const = default;
};

// A queue has these of its arguments when it is declared. They are replaced as a whole, on every
// shard in the same order (QueueConfigured in server/broker/topology_change.h).
struct QueueSettings {
    std::optional<std::chrono::milliseconds> expires;      // deleted after being unused this long
    std::optional<std::chrono::milliseconds> message_ttl;  // of every message in it
    std::optional<DeadLetterTarget> dead_letter;
    LengthLimit length;
    // More deliveries than this may not fail: then it is a dead letter, or gone.
    std::optional<uint32_t> delivery_limit;
    // A delivery that is not settled within this time goes back to the queue.
    std::optional<std::chrono::milliseconds> consumer_timeout;
    RetentionPolicy retention;
    bool operator==(const QueueSettings&) const = default;
};
// Shared by the shards' slots and the queue.
using QueueSettingsRef = std::shared_ptr<const QueueSettings>;

}  // namespace varve
