#include "engine/log_state.h"

#include "engine/segment.h"

#include <algorithm>

namespace varve {

LogState::LogState(LogId id, const LogFacts& facts, std::shared_ptr<StoreReader> store)
    : id_(id), store_(std::move(store)), facts_(facts) {
    cursors_.try_emplace(kQueueCursor, facts.start);
    outcomes_.forget_below(facts.start);
}

LogRef LogState::wrap(std::unique_ptr<LogState> state) { return LogRef(new Log(std::move(state))); }

LogRef LogState::make(LogId id, RetentionPolicy retention, std::shared_ptr<StoreReader> store) {
    const LogFacts facts{.retention = retention};
    return wrap(std::unique_ptr<LogState>(new LogState(id, facts, std::move(store))));
}

LogRef LogState::load(LogId id, const LogFacts& facts, std::shared_ptr<StoreReader> store) {
    std::unique_ptr<LogState> state(new LogState(id, facts, std::move(store)));
    state->sequence_ = {
        .next = facts.end, .bodies = facts.bodies, .life = Life::live, .stored = true};
    return wrap(std::move(state));
}

Result<void> LogState::load_cursor(CursorId id, const CursorFacts& facts) {
    const MutexLock lock(mutex_);
    if (const auto outcome = outcome_of_cursor(id)) {
        outcomes_.load_floor(*outcome, facts.floor);
        return ok();
    }
    if (id >= kReservedCursors)
        return Error{ErrorCode::corrupt, "cursor " + std::to_string(id.value)};
    CursorState cursor(facts.floor, facts.delivered_below);
    cursor.dirty = false;
    cursors_.insert_or_assign(id, std::move(cursor));
    return ok();
}

Result<void> LogState::load_chunk(CursorId id, int64_t chunk, ByteView encoded) {
    const MutexLock lock(mutex_);
    if (const auto outcome = outcome_of_cursor(id))
        return outcomes_.load_chunk(*outcome, chunk, encoded);
    const auto cursor = cursors_.find(id);
    if (cursor == cursors_.end()) {
        return Error{ErrorCode::corrupt,
                     "settled offsets of no cursor, " + std::to_string(id.value)};
    }
    return cursor->second.settled.load_chunk(chunk, encoded);
}

void LogState::load_return(Offset offset, uint32_t count) {
    const MutexLock lock(mutex_);
    returns_.load(offset, count);
}

void LogState::load_segment(const SegmentInfo& segment) {
    const MutexLock lock(mutex_);
    // What lies below the start is trimmed, whether or not the store has got round to dropping it.
    if (segment.range.end > facts_.start) segments_.push_back(segment);
}

void LogState::load_hole(OffsetRange range) {
    const MutexLock lock(mutex_);
    if (range.end > facts_.start) holes_.load(range);
}

void LogState::apply(const SettleEntry& entry) {
    const MutexLock lock(mutex_);
    const auto cursor = cursors_.find(entry.cursor);
    if (cursor == cursors_.end()) return;
    for (size_t i = 0; i < entry.ranges.count(); ++i) {
        settle(cursor->second, entry.cursor == kQueueCursor, entry.ranges[i], entry.outcome);
    }
    raise_start_over_purged();
}

void LogState::apply(const DeliveredEntry& entry) {
    const MutexLock lock(mutex_);
    const auto cursor = cursors_.find(entry.cursor);
    if (cursor == cursors_.end() || cursor->second.delivered_below == entry.below) return;
    cursor->second.delivered_below = entry.below;
    cursor->second.dirty = true;
}

void LogState::apply(const ReturnedEntry& entry) {
    const MutexLock lock(mutex_);
    const auto cursor = cursors_.find(kQueueCursor);
    if (cursor == cursors_.end() || entry.offset >= facts_.end) return;
    if (!cursor->second.settled.contains(entry.offset)) returns_.set(entry.offset, entry.count);
}

void LogState::apply(const TrimEntry& entry) {
    const MutexLock lock(mutex_);
    raise_start(entry.start);
}

void LogState::apply(const HoleEntry& entry) {
    const MutexLock lock(mutex_);
    const OffsetRange hole{std::max(entry.range.begin, facts_.start),
                           std::min(entry.range.end, facts_.end)};
    if (hole.empty() || deleted_) return;
    holes_.add(hole);
    std::erase_if(segments_, [&](const SegmentInfo& segment) VARVE_REQUIRES(mutex_) {
        if (segment.range.begin < hole.begin || segment.range.end > hole.end) return false;
        dead_segments_.push_back(segment.range.begin);
        return true;
    });
    tail_.drop_within(hole);
}

void LogState::apply(const PurgeEntry& entry) {
    const MutexLock lock(mutex_);
    for (auto& [id, cursor] : cursors_) {
        settle(cursor, id == kQueueCursor, entry.range, Outcome::purged);
    }
    facts_.purged_below = std::max(facts_.purged_below, std::min(entry.range.end, facts_.end));
    raise_start_over_purged();
}

void LogState::apply(const LogRetentionEntry& entry) {
    const MutexLock lock(mutex_);
    facts_.retention = entry.retention;
}

void LogState::apply(const LogDeleteEntry& /*entry*/) {
    const MutexLock lock(mutex_);
    deleted_ = true;
    cursors_.clear();
    returns_ = {};
    outcomes_ = {};
    segments_.clear();
    dead_segments_.clear();
    holes_ = {};
    frozen_.reset();
    tail_ = {};
    sequence_.life = Life::dead;
}

void LogState::apply(const CursorCreateEntry& entry) {
    const MutexLock lock(mutex_);
    if (entry.cursor >= kReservedCursors || deleted_) return;
    const Offset floor = std::max(entry.floor, facts_.start);
    CursorState& cursor = cursors_.try_emplace(entry.cursor, floor).first->second;
    if (cursor.settled.floor() < floor) cursor.settled.settle_below(floor);
    // What nobody can read any more, nobody has to settle.
    for (const OffsetRange& hole : holes_.ranges()) cursor.settled.settle(hole);
    cursor.dirty = true;
    raise_start_over_purged();
}

void LogState::apply(const CursorDeleteEntry& entry) {
    const MutexLock lock(mutex_);
    const auto cursor = cursors_.find(entry.cursor);
    if (cursor == cursors_.end() || entry.cursor == kQueueCursor) return;
    // Everything settled leaves no chunk: what changed is then the rows to delete.
    cursor->second.settled.settle_below(facts_.end);
    for (auto& row : cursor->second.settled.take_dirty()) {
        orphaned_chunks_.push_back({id_, entry.cursor, row.chunk, {}});
    }
    orphaned_cursors_.push_back(entry.cursor);
    cursors_.erase(cursor);
    raise_start_over_purged();
}

Result<void> LogState::append(BatchRef batch, Gap gap) {
    const MutexLock lock(mutex_);
    if (deleted_ || batch->end() <= facts_.end) return ok();
    if (batch->base() != facts_.end) {
        const OffsetRange missing{facts_.end, batch->base()};
        if (missing.empty() || gap == Gap::refused) {
            return Error{ErrorCode::corrupt,
                         "log " + id_.hex() + " goes on at offset " +
                             std::to_string(batch->base().value) + " where " +
                             std::to_string(facts_.end.value) + " should be"};
        }
        // Nobody can ever read or settle what is lost.
        facts_.end = missing.end;
        for (auto& [id, cursor] : cursors_)
            settle(cursor, id == kQueueCursor, missing, Outcome::dropped);
    } else if (batch->bodies_before() != facts_.bodies) {
        return Error{ErrorCode::corrupt,
                     "log " + id_.hex() + " has " + std::to_string(facts_.bodies) +
                         " bytes of bodies before offset " + std::to_string(facts_.end.value) +
                         ", the batch there says " + std::to_string(batch->bodies_before())};
    }
    facts_.end = batch->end();
    facts_.bodies = batch->bodies_end();
    sequence_.next = facts_.end;
    sequence_.bodies = facts_.bodies;
    tail_.append(std::move(batch));
    return ok();
}

void LogState::settle(CursorState& cursor, bool queue, OffsetRange range, Outcome outcome) {
    range.begin = std::max(range.begin, cursor.settled.floor());
    range.end = std::min(range.end, facts_.end);
    if (range.empty()) return;
    if (queue && outcome != Outcome::acked) {
        cursor.settled.for_each_unsettled(
            range, [&](OffsetRange run) VARVE_REQUIRES(mutex_) { outcomes_.mark(run, outcome); });
    }
    cursor.settled.settle(range);
    cursor.dirty = true;
    if (queue) returns_.forget(range);
}

void LogState::raise_start(Offset start) {
    start = holes_.beyond(std::min(start, facts_.end));
    if (start <= facts_.start) return;
    facts_.start = start;
    for (auto& [id, cursor] : cursors_) {
        if (cursor.settled.floor() >= start) continue;
        cursor.settled.settle_below(start);
        cursor.dirty = true;
    }
    returns_.forget({{}, start});
    outcomes_.forget_below(start);
    holes_.forget_below(start);
    const auto kept =
        std::ranges::find_if(segments_, [&](const SegmentInfo& s) { return s.range.end > start; });
    segments_.erase(segments_.begin(), kept);
    tail_.drop_below(start);
}

void LogState::raise_start_over_purged() {
    if (facts_.purged_below > facts_.start && settled_below() >= facts_.purged_below) {
        raise_start(facts_.purged_below);
    }
}

Offset LogState::settled_below() const {
    Offset below = facts_.end;
    for (const auto& [id, cursor] : cursors_) below = std::min(below, cursor.settled.floor());
    return below;
}

int64_t LogState::settled_in(OffsetRange range) const {
    int64_t settled = range.count();
    for (const auto& [id, cursor] : cursors_)
        settled = std::min(settled, cursor.settled.count_in(range));
    return settled;
}

RetentionVerdict LogState::retention_verdict(TimePoint now, Bytes hole_size_min) const {
    const MutexLock lock(mutex_);
    const Offset below = settled_below();
    const bool has_settled =
        below > facts_.start || std::ranges::any_of(cursors_, [](const auto& cursor) {
            return cursor.second.settled.count_above_floor() > 0;
        });
    if (!has_settled) return {};
    RetentionWalk walk(facts_.retention, below, hole_size_min, now);
    // What is on its way to the store stays as it is until it is there, and so does the segment
    // that it may continue.
    const bool in_motion = frozen_ != nullptr;
    const auto look_at = [&](const SegmentInfo& run, bool removable) VARVE_REQUIRES(mutex_) {
        const int64_t settled = run.range.end <= below ? run.range.count() : settled_in(run.range);
        return walk.look_at({run, settled, removable});
    };
    const auto look_at_tail = [&](const Tail& tail, bool removable) VARVE_REQUIRES(mutex_) {
        const auto batches = tail.batches();
        return std::all_of(
            batches.rbegin(), batches.rend(), [&](const Tail::Entry& entry) VARVE_REQUIRES(mutex_) {
                return look_at(summary_of(*entry.batch), removable);
            });
    };
    const auto look_at_segments = [&]() VARVE_REQUIRES(mutex_) {
        for (auto at = segments_.rbegin(); at != segments_.rend(); ++at) {
            const bool may_grow = in_motion && at == segments_.rbegin();
            if (!look_at(*at, !may_grow)) return;
        }
    };
    if (look_at_tail(tail_, true) && (!in_motion || look_at_tail(*frozen_, false)))
        look_at_segments();
    RetentionVerdict verdict = walk.verdict();
    if (verdict.start && *verdict.start <= facts_.start) verdict.start.reset();
    return verdict;
}

bool LogState::deleted() const {
    const MutexLock lock(mutex_);
    return deleted_;
}

LogFacts LogState::facts() const {
    const MutexLock lock(mutex_);
    return facts_;
}

Bytes LogState::size() const {
    const MutexLock lock(mutex_);
    Bytes size = tail_.size() + (frozen_ ? frozen_->size() : 0);
    for (const SegmentInfo& segment : segments_) size += segment.size;
    return size;
}

Bytes LogState::tail_size() const {
    const MutexLock lock(mutex_);
    return tail_.size() + (frozen_ ? frozen_->size() : 0);
}

std::vector<SegmentInfo> LogState::segments() const {
    const MutexLock lock(mutex_);
    return segments_;
}

std::vector<OffsetRange> LogState::holes() const {
    const MutexLock lock(mutex_);
    return holes_.ranges();
}

std::vector<CursorId> LogState::cursors() const {
    const MutexLock lock(mutex_);
    std::vector<CursorId> ids;
    for (const auto& [id, cursor] : cursors_) ids.push_back(id);
    return ids;
}

std::optional<CursorSnapshot> LogState::cursor(CursorId id) const {
    const MutexLock lock(mutex_);
    const auto at = cursors_.find(id);
    if (at == cursors_.end()) return std::nullopt;
    CursorSnapshot snapshot{
        .id = id, .settled = at->second.settled, .delivered_below = at->second.delivered_below};
    if (id == kQueueCursor) snapshot.returned = returns_.snapshot();
    return snapshot;
}

std::optional<Outcome> LogState::outcome(Offset offset) const {
    const MutexLock lock(mutex_);
    const auto queue = cursors_.find(kQueueCursor);
    if (queue == cursors_.end() || offset < facts_.start || offset >= facts_.end)
        return std::nullopt;
    if (!queue->second.settled.contains(offset)) return std::nullopt;
    return outcomes_.at(offset).value_or(Outcome::acked);
}

Result<LogState::Place> LogState::place(Offset offset) const {
    const MutexLock lock(mutex_);
    if (deleted_) return Error{ErrorCode::not_found, "log " + id_.hex() + " was deleted"};
    Place place{.offset = holes_.beyond(std::max(offset, facts_.start))};
    if (place.offset >= facts_.end) {
        place.stored_end = place.offset;
        return place;
    }
    if (frozen_) place.batch = frozen_->find(place.offset);
    if (!place.batch) place.batch = tail_.find(place.offset);
    place.stored_end = frozen_ ? frozen_->begin() : tail_.empty() ? facts_.end : tail_.begin();
    return place;
}

}  // namespace varve
