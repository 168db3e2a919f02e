// Where the settled ranges of one cursor are collected in the current turn.
#pragma once

#include <cstdint>

namespace varve {

// Belongs to the shard's CommitBuffer, which alone reads it.
struct SettleSlot {
    uint64_t turn = 0;
    uint32_t index = 0;
};

}  // namespace varve
