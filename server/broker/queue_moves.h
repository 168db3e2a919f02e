// A queue goes to the shard of its first consumer: deliveries and acknowledgements then cross
// nothing (decision 0008).
#pragma once

#include "server/async/task.h"
#include "server/broker/broker_shard.h"
#include "server/broker/queue_entry.h"

#include <chrono>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace varve {

// Only what the engine knows goes along: a queue moves while it is not in use and holds no
// transient message. For as long as it is on its way it is nowhere, and who looks for it waits;
// what arrives for it is kept in order on both ends.
//
// Nothing is lost or overtaken: from the moment in which it leaves, everybody sends to its new
// shard; each shard then empties what it had on its way to the old one, and only after that does
// the queue begin, with what came late first.
//
// Threading: Shard-bound to shard 0; worthwhile() is Thread-safe.
class QueueMoves {
public:
    // A queue moves at most once in `interval`, so that it does not follow consumers that come and
    // go; none: never.
    QueueMoves(ShardSet& shards,
               std::optional<std::chrono::milliseconds> interval,
               std::function<BrokerShard::Parts&(ShardIndex)> parts_of)
        : shards_(shards), interval_(interval), parts_of_(std::move(parts_of)) {}

    // Whether a new consumer on that shard is one to move the queue for.
    bool worthwhile(const QueueEntry& queue, ShardIndex to, std::chrono::nanoseconds now) const;

    // Moves the queue, unless it may not leave. Answers whether it did.
    Task<bool> move(QueueEntryRef queue, ShardIndex to);
    // Resumes when the queue is somewhere.
    Task<bool> arrived(QueueEntryRef queue);

private:
    Task<bool> carry(QueueEntryRef queue, ShardIndex to);

    ShardSet& shards_;
    const std::optional<std::chrono::milliseconds> interval_;
    std::function<BrokerShard::Parts&(ShardIndex)> parts_of_;
    std::unordered_map<QueueId, std::vector<std::function<void(bool)>>> under_way_;
};

}  // namespace varve
