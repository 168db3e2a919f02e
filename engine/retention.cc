#include "engine/retention.h"

#include <algorithm>

namespace varve {

RetentionLine::RetentionLine(const RetentionPolicy& policy, Offset settled_below, TimePoint now)
    : policy_(policy), settled_below_(settled_below), now_(now) {
    if (policy.bytes == 0 || policy.age.count() == 0) line_ = settled_below;
}

bool RetentionLine::keeps(const SegmentInfo& run) {
    if (line_ > Offset{}) return false;
    if (run.range.begin >= settled_below_) return true;
    // A run that is settled in part counts in part.
    const int64_t settled = std::min(run.range.end, settled_below_) - run.range.begin;
    const Bytes size =
        run.size / static_cast<Bytes>(run.range.count()) * static_cast<Bytes>(settled);
    kept_ += size;
    if (kept_ <= policy_.bytes && now_ - run.max_time < policy_.age) return true;
    line_ = std::min(run.range.end, settled_below_);
    return false;
}

}  // namespace varve
