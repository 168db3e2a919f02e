// A queue as every shard knows it: what it is, where it lives, and its counts as of now.
#pragma once

#include "engine/log.h"
#include "server/broker/length_limit.h"
#include "server/broker/names.h"
#include "server/broker/publishing_ids.h"
#include "server/broker/queue_spec.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// `declared`: its declaration is durable, and every shard has it. `closed`: it takes nothing any
// more and is about to be removed.
enum class QueueStage : uint8_t { declaring, declared, closed };

// Immutable but for `live`. Shared by all shards' topologies and by what is on its way to the
// queue, which end independently.
struct QueueEntry {
    QueueId id;
    std::string vhost;
    std::string name;
    QueueSpec spec;
    SessionId owner = 0;       // of an exclusive queue; 0: none
    std::vector<LogRef> logs;  // one per level; empty if the queue is not stored

    // Written by the queue's shard, but for the step to `declared` and for publishers' admissions;
    // read anywhere.
    struct Live {
        std::atomic<uint64_t> ready{0};
        std::atomic<uint64_t> unsettled{0};
        std::atomic<uint32_t> consumers{0};
        std::atomic<int64_t> used_ns{
            0};  // Clock::monotonic() of the last declaration or get: x-expires
        Occupancy occupancy;
        std::atomic<QueueStage> stage{QueueStage::declaring};
        // Where it lives, and whether it is only on its way there: queue_moves.h.
        std::atomic<ShardIndex> shard{0};
        std::atomic<bool> moving{false};
        std::atomic<int64_t> moved_ns{0};  // Clock::monotonic() of the last move
        PublishingIds publishing_ids;      // of a stream; written by publishers' shards
    };
    mutable Live live;

    ShardIndex shard() const { return live.shard.load(); }
    QueueAddress address() const { return {id, shard()}; }
    // Whether who looked for it there, and did not find it, is to look again.
    bool has_left(ShardIndex index) const { return live.moving.load() || shard() != index; }
    bool stored() const { return !logs.empty(); }
    bool declared() const { return live.stage.load() == QueueStage::declared; }
    bool closed() const { return live.stage.load() == QueueStage::closed; }
};
using QueueEntryRef = std::shared_ptr<const QueueEntry>;

}  // namespace varve
