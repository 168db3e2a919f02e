// The topology as the data directory has it.
#pragma once

#include "engine/engine.h"
#include "server/broker/policy_book.h"
#include "server/broker/topology_change.h"

namespace varve {

struct RecoveredTopology {
    TopologyChanges changes;  // in an order in which they can be applied to an empty Topology
    PolicyBook policies;
};

// With what policies say of all that is there. Creates the vhost "/" in a new data
// directory. `corrupt` where definitions do not fit together.
Result<RecoveredTopology> recover_topology(Engine& engine,
                                           uint32_t shard_count,
                                           const RetentionPolicy& retention_default);

}  // namespace varve
