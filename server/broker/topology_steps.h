// Steps of the topology that were decided on shard 0, on their way to the disk and to every shard.
#pragma once

#include "engine/engine.h"
#include "server/async/shard.h"
#include "server/async/task.h"
#include "server/broker/topology_step.h"

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace varve {

// The durable part of a step is handed to the engine before any shard hears of it, so that whatever
// a shard appends to a new queue comes later in the journal.
//
// Threading: Shard-bound to shard 0.
class TopologySteps {
public:
    using Resume = std::function<void(Result<void>)>;

    // `apply` applies a change on a shard; called there. All outlive this.
    TopologySteps(Engine& engine,
                  ShardSet& shards,
                  std::function<void(ShardIndex, const TopologyChange&)> apply)
        : engine_(engine), shards_(shards), apply_(std::move(apply)) {}

    // `step` has been applied on shard 0. Done when it is durable and every shard has it.
    void run(TopologyStep step, Resume done);
    Task<Result<void>> run(TopologyStep step);
    // Resumes when everything that ran so far is done.
    Task<Result<void>> settled();

private:
    void finish(uint64_t number, const Result<void>& outcome);

    Engine& engine_;
    ShardSet& shards_;
    std::function<void(ShardIndex, const TopologyChange&)> apply_;
    uint64_t next_step_ = 1;
    std::set<uint64_t> pending_;                                  // steps that run
    std::vector<std::pair<std::set<uint64_t>, Resume>> waiting_;  // until none of those pends
};

}  // namespace varve
