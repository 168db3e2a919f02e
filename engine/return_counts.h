// How often unsettled records of a queue came back: delivery counts that survive a crash.
#pragma once

#include "engine/base/types.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace varve {

// Grows with what is unsettled and came back, not with the backlog. Caller-serialised.
class ReturnCounts {
public:
    void set(Offset offset, uint32_t count);
    // Settled records are forgotten.
    void forget(OffsetRange range);

    std::map<Offset, uint32_t> snapshot() const;

    // What the store does not have yet: offsets with their counts; 0 where its row must go.
    std::vector<std::pair<Offset, uint32_t>> take_dirty();
    // Takes over a row of the store.
    void load(Offset offset, uint32_t count);

private:
    struct Count {
        uint32_t value = 0;
        bool dirty = false;
        bool stored = false;
    };
    std::map<Offset, Count> counts_;
    std::vector<Offset> dirty_;  // of counts_, each once
    std::vector<Offset> gone_;   // forgotten, but still in the store
};

}  // namespace varve
