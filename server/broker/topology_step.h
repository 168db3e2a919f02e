// One decision of the registrar: changes that belong together, and what of them is durable.
#pragma once

#include "engine/transaction.h"
#include "server/broker/topology_change.h"

#include <functional>
#include <memory>

namespace varve {

struct TopologyStep {
    TopologyChanges changes;
    Transaction transaction;
    std::vector<QueueEntryRef> declared_queues;  // marked when it is done
};

}  // namespace varve
