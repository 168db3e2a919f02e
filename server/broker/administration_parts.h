// What stands behind the Administration of one shard.
#pragma once

#include "server/broker/administration.h"
#include "server/broker/broker_parts.h"

namespace varve {

struct Administration::Parts {
    BrokerShard::Parts& shard;
    const BrokerCommons& commons() const { return shard.commons; }
};

}  // namespace varve
