#include "engine/store/trim_points.h"

#include <algorithm>

namespace varve {

TrimPoints::Point TrimPoints::changed(const Point& point, const Change& change) {
    Point result = point;
    if (change.start) result.start = *change.start;
    if (change.holes.empty()) return result;
    auto holes = std::make_shared<Holes>(point.holes ? *point.holes : Holes());
    for (const auto& [base, end] : change.holes) {
        if (end) {
            (*holes)[base] = *end;
        } else {
            holes->erase(base);
        }
    }
    // What the start has passed is trimmed in any case.
    std::erase_if(*holes, [&](const auto& hole) { return hole.second <= result.start; });
    result.holes = std::move(holes);
    return result;
}

TrimPoints TrimPoints::with(const Changes& changes) const {
    TrimPoints merged;
    merged.points_.reserve(points_.size() + changes.size());
    auto old = points_.begin();
    for (const auto& [log, change] : changes) {
        while (old != points_.end() && old->log < log) merged.points_.push_back(*old++);
        const bool known = old != points_.end() && old->log == log;
        if (!change.deleted && (known || change.start))
            merged.points_.push_back(changed(known ? *old : Point{log, {}}, change));
        if (known) ++old;
    }
    merged.points_.insert(merged.points_.end(), old, points_.end());
    return merged;
}

TrimPoints TrimPoints::with_new_logs(const Changes& changes) const {
    Changes added;
    for (const auto& [log, change] : changes) {
        if (!change.deleted && change.start && find(log) == nullptr)
            added.emplace(log, Change{.start = change.start});
    }
    return with(added);
}

const TrimPoints::Point* TrimPoints::find(LogId log) const {
    const auto at = std::lower_bound(
        points_.begin(), points_.end(), log, [](const Point& point, const LogId& id) {
            return point.log < id;
        });
    return at == points_.end() || at->log != log ? nullptr : &*at;
}

}  // namespace varve
