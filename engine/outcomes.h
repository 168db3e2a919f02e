// How settled records of a queue ended, for those that were not simply acked.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/settled_set.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace varve {

// One set of offsets per outcome, in the representation of settled sets: memory is proportional to
// the runs.
//
// Threading: Caller-serialised.
class Outcomes {
public:
    // Only offsets that were unsettled until now: the first outcome of a record is the one that
    // counts.
    void mark(OffsetRange range, Outcome outcome);
    // None for what was acked. Means nothing below the log's start.
    std::optional<Outcome> at(Offset offset) const;
    // Drops what is known about offsets below the log's start.
    void forget_below(Offset start);

    // One set of changed rows per outcome: the floor, and the chunks as SettledSet gives them.
    struct Rows {
        Outcome outcome;
        Offset floor;
        std::vector<SettledSet::ChunkRow> chunks;
    };
    std::vector<Rows> take_dirty();
    void load_floor(Outcome outcome, Offset floor);
    Result<void> load_chunk(Outcome outcome, int64_t chunk, ByteView encoded);

private:
    struct Set {
        SettledSet offsets;
        bool dirty = true;
    };
    Set& set_of(Outcome outcome);

    Offset start_;
    std::map<Outcome, Set> sets_;
};

}  // namespace varve
