#include "engine/store/trim_points.h"

#include <algorithm>

namespace varve {

TrimPoints TrimPoints::with(const Changes& changes) const {
    TrimPoints merged;
    merged.points_.reserve(points_.size() + changes.size());
    auto old = points_.begin();
    for (const auto& [log, start] : changes) {
        while (old != points_.end() && old->log < log) merged.points_.push_back(*old++);
        if (old != points_.end() && old->log == log) ++old;
        if (start) merged.points_.push_back({log, *start});
    }
    merged.points_.insert(merged.points_.end(), old, points_.end());
    return merged;
}

TrimPoints TrimPoints::with_new_logs(const Changes& changes) const {
    Changes added;
    for (const auto& [log, start] : changes) {
        if (start && !start_of(log)) added.emplace(log, start);
    }
    return with(added);
}

std::optional<Offset> TrimPoints::start_of(LogId log) const {
    const auto at = std::lower_bound(
        points_.begin(), points_.end(), log, [](const Point& point, const LogId& id) {
            return point.log < id;
        });
    if (at == points_.end() || at->log != log) return std::nullopt;
    return at->start;
}

}  // namespace varve
