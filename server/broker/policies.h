// Changes of policies: durable, and felt by what they match at once.
#pragma once

#include "server/async/shard.h"
#include "server/async/task.h"
#include "server/broker/policy_book.h"
#include "server/broker/topology.h"
#include "server/broker/topology_step.h"

#include <functional>
#include <memory>
#include <string>

namespace varve {

// All outlive it.
struct PoliciesParts {
    Shard& shard;        // shard 0
    Topology& topology;  // of shard 0
    // Registrar::enact().
    std::function<Task<Result<void>>(TopologyStep)> enact;
};

// Adds what has to change for that to be so which the policies say, if anything.
void configure(TopologyStep& step, const PolicyBook& policies, const QueueSlot& slot);
// As `spec` will have it.
void configure(TopologyStep& step,
               const PolicyBook& policies,
               const QueueSlot& slot,
               const QueueSpec& spec);
void configure(TopologyStep& step,
               const PolicyBook& policies,
               const std::string& vhost,
               const Exchange& exchange);

// A change is in the catalogue before a queue feels it, and queues follow in slices, so that ten
// thousand of them do not stall the shard. A crash in between loses nothing: what is in effect is
// computed from the catalogue at the next start.
//
// Threading: Shard-bound to shard 0, but for construction.
class Policies {
public:
    Policies(PoliciesParts parts, RetentionPolicy retention_default);

    // Never null; what it says holds for queues that are declared from now on.
    const std::shared_ptr<const PolicyBook>& book() const { return book_; }
    // At start, before anything asks.
    void recover(PolicyBook book);

    // Resumes when it is durable and in effect everywhere. `invalid_argument`, see check_policy();
    // `not_found` no such vhost.
    Task<Result<void>> put(Policy policy);
    // `not_found` if there is none.
    Task<Result<void>> erase(PolicyKind kind, std::string vhost, std::string name);
    // All of a vhost that is about to go; `transaction` is the one that it goes with.
    void forget(const std::string& vhost, Transaction& transaction);

private:
    Task<Result<void>> bring_into_effect(std::string vhost, TopologyStep step);

    PoliciesParts parts_;
    std::shared_ptr<const PolicyBook> book_;  // shared with listings, which outlive a change
};

}  // namespace varve
