// What one shard has on its way to one queue in the current turn: found without a search on every
// publish.
#pragma once

#include <cstdint>
#include <vector>

namespace varve {

// Belongs to the shard's CommitBuffer, which alone reads it.
struct PublishSlot {
    uint64_t turn = 0;             // the turn that `batches` is about
    std::vector<int32_t> batches;  // index of the pending batch, per level and kind; -1: none
    uint64_t last_waiting_turn =
        0;                   // newest turn with records for the queue that wait for the commit
    uint64_t last_turn = 0;  // newest turn with anything for the queue
};

}  // namespace varve
