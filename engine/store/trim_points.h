// Which logs there are, where each begins, and what is gone from between: what lies outside may be
// dropped. Private to the store.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/types.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace varve {

// The start offsets and holes of all logs at one moment.
//
// Threading: Immutable.
class TrimPoints {
public:
    using Holes = std::map<Offset, Offset>;  // ends by base
    struct Point {
        LogId log;
        Offset start;
        std::shared_ptr<const Holes> holes = {};  // null: none. Shared by later points
    };
    // What a checkpoint does to a log.
    struct Change {
        bool deleted = false;
        std::optional<Offset> start = {};
        std::map<Offset, std::optional<Offset>> holes = {};  // ends by base; none: the row goes
    };
    using Changes = std::map<LogId, Change>;

    TrimPoints() = default;
    TrimPoints with(const Changes& changes) const;
    // Only what `changes` adds: nothing that was kept before may go yet, and what is new must be
    // kept already.
    TrimPoints with_new_logs(const Changes& changes) const;

    // Null if there is no such log.
    const Point* find(LogId log) const;
    std::span<const Point> points() const { return points_; }  // ascending

private:
    static Point changed(const Point& point, const Change& change);

    std::vector<Point> points_;
};

// The current ones. A compaction works with those it found when it began: older points only keep
// more.
//
// Threading: Thread-safe. Lifetime: shared by the store and by RocksDB, which drop it in no fixed
// order.
class CurrentTrimPoints {
public:
    std::shared_ptr<const TrimPoints> get() const {
        const MutexLock lock(mutex_);
        return points_;
    }
    void set(TrimPoints points) {
        auto next = std::make_shared<const TrimPoints>(std::move(points));
        const MutexLock lock(mutex_);
        points_.swap(next);
    }

private:
    mutable Mutex mutex_;  // Innermost: nothing is called under it.
    std::shared_ptr<const TrimPoints> points_ VARVE_GUARDED_BY(mutex_) =
        std::make_shared<const TrimPoints>();
};

}  // namespace varve
