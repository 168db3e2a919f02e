// How much of what is settled stays readable. Pure: no clock, no files.
#pragma once

#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/options.h"

namespace varve {

// Walks the runs of a log from the newest to the oldest and finds where what is kept ends.
class RetentionLine {
public:
    // Everything below `settled_below` may go if the policy lets it.
    RetentionLine(const RetentionPolicy& policy, Offset settled_below, TimePoint now);

    // Looks at the next older run. False when the line is found: all older ones go.
    bool keeps(const SegmentInfo& run);
    // What lies below may go: the line, or nothing while every run was kept.
    Offset line() const { return line_; }

private:
    const RetentionPolicy policy_;
    const Offset settled_below_;
    const TimePoint now_;
    Bytes kept_ = 0;
    Offset line_;
};

}  // namespace varve
