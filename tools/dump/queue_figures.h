// The numbers of one log, as `varve stat` shows them.
#pragma once

#include "engine/base/result.h"
#include "tools/dump/message_state.h"
#include "tools/dump/named_log.h"

#include <optional>
#include <vector>

namespace varve {

struct CursorFigures {
    CursorId id;
    Offset floor;               // everything below is settled
    int64_t settled_above = 0;  // offsets
    int64_t holes = 0;          // runs of unsettled offsets between settled ones
    Offset delivered_below;
};

struct QueueFigures {
    const NamedLog* source = nullptr;
    bool is_stream = false;
    MessageStates::Counts counts;
    OffsetRange range;
    Bytes size = 0;         // in the files, about
    uint64_t segments = 0;  // in the store; what is only in the journal has none yet
    std::optional<TimePoint> oldest;
    std::optional<TimePoint> newest;
    std::vector<CursorFigures> cursors;
};

// Reads the first and the last batch. The log outlives the answer.
Result<QueueFigures> figures_of(const NamedLog& source);

// Adds those of another level of the same queue. What only one log has, offsets and cursors, is
// gone then.
void add_level(QueueFigures& queue, const QueueFigures& level);

}  // namespace varve
