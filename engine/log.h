// A log: the records of one queue by offset, and what its cursors have settled.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/options.h"
#include "engine/record_batch.h"
#include "engine/settled_set.h"

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace varve {

// Why a record was settled. Kept for as long as the record is readable.
enum class Outcome : uint8_t {
    acked = 1,
    rejected = 2,
    expired = 3,
    dropped = 4,
    purged = 5,
    moved = 6
};
std::string_view to_string(Outcome outcome);

// What a cursor knows, copied at one moment: what a queue is rebuilt from.
struct CursorSnapshot {
    CursorId id;
    SettledSet settled;
    Offset delivered_below;  // what is unsettled below this may have been delivered before
    std::map<Offset, uint32_t>
        returned;  // delivery counts of unsettled records that came back (queue cursor only)
};

// A run of batches with one summary (docs/storage-format.md, Segment).
struct SegmentInfo {
    OffsetRange range;
    TimePoint first_time;
    TimePoint max_time;
    Bytes size = 0;
};

// Changes go through Transaction; this is the reading side.
//
// Threading: Thread-safe.
// Lifetime:  a deleted log answers `not_found` from then on; handles to it stay valid.
class Log {
public:
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    LogId id() const;
    RetentionPolicy retention() const;
    bool deleted() const;

    // Readable offsets: from the oldest kept to the end of what is durable.
    OffsetRange range() const;
    Bytes size() const;  // encoded bytes of the readable records, about

    // The batch that holds `offset`, or the first readable one beyond it; null at the end. Batches
    // not yet in the store are answered from memory; others are read from the disk, which blocks.
    Result<BatchRef> read(Offset offset) const;
    // As read(), but only from memory: null where the disk would have to be asked.
    BatchRef read_cached(Offset offset) const;
    // The first readable offset appended at `time` or later; the end if there is none. Reads from
    // the disk.
    Result<Offset> find(TimePoint time) const;

    std::optional<CursorSnapshot> cursor(CursorId id) const;
    std::vector<CursorId> cursors() const;
    // How a settled record of the queue's own cursor ended; none while it is unsettled.
    std::optional<Outcome> outcome(Offset offset) const;
    std::vector<SegmentInfo> segments() const;
    // Ranges within range() whose records are gone, ascending: settled, and beyond retention.
    std::vector<OffsetRange> holes() const;

private:
    friend class LogState;  // the engine's side of it: engine/log_state.h
    explicit Log(std::unique_ptr<class LogState> state);
    std::unique_ptr<class LogState> state_;
};
using LogRef = std::shared_ptr<Log>;

}  // namespace varve
