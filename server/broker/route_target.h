// Where a binding leads, on one shard.
#pragma once

namespace varve {

struct QueueSlot;
class Exchange;

// Exactly one of the two. Both belong to the same Topology.
struct RouteTarget {
    QueueSlot* queue = nullptr;
    Exchange* exchange = nullptr;
    bool operator==(const RouteTarget&) const = default;
};

}  // namespace varve
