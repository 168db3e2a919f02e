// How much of a queue's backlog there is in bytes of bodies: counted on the disk, for a queue that
// begins to limit them.
#pragma once

#include "engine/log.h"
#include "server/broker/names.h"

#include <utility>
#include <vector>

namespace varve {

// The durable records of one level, as they were when the counting began.
struct BacklogPart {
    Level level = 0;
    LogRef log;
    std::vector<OffsetRange> ready;
    std::vector<OffsetRange> out;
};

struct BacklogWeight {
    int64_t ready = 0;                                // all together
    std::vector<std::pair<RecordKey, uint32_t>> out;  // one by one: they come back one by one
    bool complete = true;  // false: something could not be read any more, and was left out
};

// Reads from the disk, which blocks: what stands at both ends of a run of ready records, and what
// is out. So it takes no longer for a longer backlog.
BacklogWeight weigh(const std::vector<BacklogPart>& backlog);

}  // namespace varve
