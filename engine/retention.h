// How much of what is settled stays readable. Pure: no clock, no files.
#pragma once

#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/options.h"

#include <optional>
#include <vector>

namespace varve {

// What may go of a log.
struct RetentionVerdict {
    std::optional<Offset> start;     // everything below
    std::vector<OffsetRange> holes;  // above, between what stays
};

// Walks the runs of a log from the newest to the oldest: the newest settled records stay, within
// the policy; of the older ones go all below the first unsettled record, and above it the runs of
// which every record is settled.
class RetentionWalk {
public:
    // Everything below `settled_below` is settled. Holes of fewer than `hole_size_min` bytes wait.
    RetentionWalk(const RetentionPolicy& policy,
                  Offset settled_below,
                  Bytes hole_size_min,
                  TimePoint now);

    struct Run {
        SegmentInfo info;
        int64_t settled = 0;    // records
        bool removable = true;  // by itself
    };
    // Looks at the next older run. False when all older ones go.
    bool look_at(const Run& run);
    RetentionVerdict verdict() const;

private:
    bool keeps(const Run& run);
    void close_hole();

    const RetentionPolicy policy_;
    const Offset settled_below_;
    const Bytes hole_size_min_;
    const TimePoint now_;
    Bytes kept_ = 0;
    bool spent_;  // the policy keeps nothing more
    bool saw_below_ = false;
    RetentionVerdict verdict_;
    std::optional<OffsetRange> hole_;  // that may still grow downwards
    Bytes hole_size_ = 0;
};

}  // namespace varve
