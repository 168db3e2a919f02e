#include "engine/frozen_log.h"

#include "engine/base/check.h"
#include "engine/log_state.h"

#include <utility>

namespace varve {

FrozenLog LogState::freeze(const LogRef& self) {
    const MutexLock lock(mutex_);
    VARVE_CHECK(frozen_ == nullptr);
    FrozenLog frozen{.log = self, .start = facts_.start};
    frozen.rows.push_back({id_, encode_log_row(facts_)});
    freeze_cursors(frozen);
    for (const auto& [offset, count] : returns_.take_dirty()) {
        frozen.returns.push_back(
            {id_, offset, count == 0 ? std::string() : encode_return_row(count)});
    }
    for (const Holes::Row& hole : holes_.take_dirty())
        frozen.holes.push_back({id_, hole.base, hole.end ? encode_hole_row(*hole.end) : ""});
    frozen.dead_segments = std::exchange(dead_segments_, {});
    if (!tail_.empty()) {
        frozen.waiting = waiting_in_tail();
        frozen_ = std::make_shared<const Tail>(std::exchange(tail_, {}));
    }
    frozen.tail = frozen_;
    if (!segments_.empty()) frozen.last_segment = segments_.back();
    frozen.segment_count = segments_.size();
    sequence_.dirty = false;
    sequence_.stored = true;
    return frozen;
}

Bytes LogState::waiting_in_tail() const {
    const OffsetRange range{tail_.begin(), facts_.end};
    const auto count = static_cast<Bytes>(range.count());
    return tail_.size() * (count - static_cast<Bytes>(settled_in(range))) / count;
}

void LogState::freeze_cursors(FrozenLog& frozen) {
    // Deletions first: a cursor may have been created again since.
    for (const CursorId id : std::exchange(orphaned_cursors_, {}))
        frozen.cursors.push_back({id_, id, {}});
    frozen.chunks = std::exchange(orphaned_chunks_, {});
    for (auto& [id, cursor] : cursors_) {
        if (!std::exchange(cursor.dirty, false)) continue;
        frozen.cursors.push_back(
            {id_, id, encode_cursor_row({cursor.settled.floor(), cursor.delivered_below})});
        for (auto& row : cursor.settled.take_dirty()) {
            frozen.chunks.push_back({id_, id, row.chunk, std::move(row.encoded)});
        }
    }
    for (auto& rows : outcomes_.take_dirty()) {
        const CursorId id = outcome_cursor(rows.outcome);
        frozen.cursors.push_back({id_, id, encode_cursor_row({.floor = rows.floor})});
        for (auto& row : rows.chunks) {
            frozen.chunks.push_back({id_, id, row.chunk, std::move(row.encoded)});
        }
    }
}

void LogState::store_took(const std::vector<SegmentInfo>& segments) {
    const MutexLock lock(mutex_);
    frozen_.reset();
    if (deleted_) return;
    for (const SegmentInfo& segment : segments) {
        if (!segments_.empty() && segments_.back().range.begin == segment.range.begin)
            segments_.pop_back();
        if (segment.range.end > facts_.start) segments_.push_back(segment);
    }
}

}  // namespace varve
