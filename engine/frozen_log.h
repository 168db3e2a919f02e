// What a checkpoint writes of one log.
#pragma once

#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/store/store.h"
#include "engine/tail.h"

#include <memory>
#include <optional>
#include <vector>

namespace varve {

// A log as it was after one frame: what a checkpoint writes of it.
struct FrozenLog {
    LogRef log;
    Offset start;
    std::vector<LogRow> rows;  // one
    std::vector<CursorRow> cursors;
    std::vector<ChunkRow> chunks;
    std::vector<ReturnRow> returns;
    std::vector<HoleRow> holes;
    std::vector<Offset> dead_segments;        // bases
    std::shared_ptr<const Tail> tail;         // the batches the store does not have; may be null
    std::optional<SegmentInfo> last_segment;  // may still grow
    size_t segment_count = 0;
    Bytes waiting = 0;  // of the tail: what somebody still has to settle, about
};

}  // namespace varve
