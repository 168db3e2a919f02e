#include "engine/retention.h"

#include <algorithm>

namespace varve {
RetentionWalk::RetentionWalk(const RetentionPolicy& policy,
                             Offset settled_below,
                             Bytes hole_size_min,
                             TimePoint now)
    : policy_(policy),
      settled_below_(settled_below),
      hole_size_min_(hole_size_min),
      now_(now),
      spent_(policy.bytes == 0 || policy.age.count() == 0) {}

bool RetentionWalk::keeps(const Run& run) {
    if (spent_) return false;
    if (run.settled == 0) return true;
    // A run that is settled in part counts in part.
    const SegmentInfo& info = run.info;
    kept_ += info.size / static_cast<Bytes>(info.range.count()) * static_cast<Bytes>(run.settled);
    spent_ = kept_ > policy_.bytes || now_ - info.max_time >= policy_.age;
    return !spent_;
}

bool RetentionWalk::look_at(const Run& run) {
    const OffsetRange& range = run.info.range;
    const bool is_kept = keeps(run);
    saw_below_ = saw_below_ || range.begin < settled_below_;
    if (is_kept) return true;
    if (range.begin < settled_below_) {
        close_hole();
        verdict_.start = std::min(range.end, settled_below_);
        return false;
    }
    if (run.removable && run.settled == range.count()) {
        hole_ = {range.begin, hole_ ? hole_->end : range.end};
        hole_size_ += run.info.size;
    } else {
        close_hole();
    }
    return true;
}

void RetentionWalk::close_hole() {
    if (hole_ && hole_size_ >= hole_size_min_) verdict_.holes.push_back(*hole_);
    hole_.reset();
    hole_size_ = 0;
}

RetentionVerdict RetentionWalk::verdict() const {
    RetentionWalk done(*this);
    done.close_hole();
    // Nothing is left below: what was there went as holes.
    if (!saw_below_) done.verdict_.start = settled_below_;
    return done.verdict_;
}

}  // namespace varve
