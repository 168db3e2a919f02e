// What sessions, queues and consumers are called inside the broker.
#pragma once

#include "engine/base/types.h"
#include "server/async/shard.h"

#include <cstdint>
#include <string>

namespace varve {

// One connection, unique in the life of the process.
using SessionId = uint64_t;

// Stable for the life of the queue, kept across restarts for durable ones.
struct QueueId : Id128 {
    auto operator<=>(const QueueId&) const = default;
};

// Where a queue is found: what crosses shards instead of a pointer.
struct QueueAddress {
    QueueId id;
    ShardIndex shard = 0;
    bool operator==(const QueueAddress&) const = default;
};

// Priority level of a record within its queue: 0 for queues without priorities.
using Level = uint8_t;

// Durable records live in the level's log; transient ones in memory, with a numbering of their own.
enum class Lane : uint8_t { durable, transient };

// Names one record of one queue for as long as it is unsettled.
struct RecordKey {
    Level level = 0;
    Lane lane = Lane::durable;
    Offset offset;
    auto operator<=>(const RecordKey&) const = default;
};

}  // namespace varve

template <>
struct std::hash<varve::QueueId> : std::hash<varve::Id128> {};
