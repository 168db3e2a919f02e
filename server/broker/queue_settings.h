// What of a queue may change while it lives.
#pragma once

#include "engine/options.h"

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
    RetentionPolicy retention;
    bool operator==(const QueueSettings&) const = default;
};
// Shared by the shards' slots and the queue.
using QueueSettingsRef = std::shared_ptr<const QueueSettings>;

}  // namespace varve
