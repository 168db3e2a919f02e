// The topology as the data directory has it.
#pragma once

#include "engine/engine.h"
#include "server/broker/topology_change.h"

namespace varve {

// In an order in which it can be applied to an empty Topology. Creates the vhost "/" in a new data
// directory. `corrupt` where definitions do not fit together.
Result<TopologyChanges> recover_topology(Engine& engine,
                                         uint32_t shard_count,
                                         const RetentionPolicy& retention_default);

}  // namespace varve
