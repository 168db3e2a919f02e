// The engine's side of a log: everything that is known of it, in memory. Changed by the entries of
// the journal alone.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/cursor_state.h"
#include "engine/entry.h"
#include "engine/frozen_log.h"
#include "engine/holes.h"
#include "engine/log.h"
#include "engine/log_rows.h"
#include "engine/outcomes.h"
#include "engine/retention.h"
#include "engine/return_counts.h"
#include "engine/store_reader.h"
#include "engine/tail.h"

#include <map>
#include <memory>
#include <vector>

namespace varve {

// Threading: apply(), freeze() and store_took() are Caller-serialised per log (the committer,
// recovery, and upkeep for
//            the last); reading is Thread-safe.
class LogState {
public:
    // A log that is nothing yet.
    static LogRef make(LogId id, RetentionPolicy retention, std::shared_ptr<StoreReader> store);
    // A log as its row in the store describes it; the rows below complete it.
    static LogRef load(LogId id, const LogFacts& facts, std::shared_ptr<StoreReader> store);
    static LogState& of(const Log& log) { return *log.state_; }

    Result<void> load_cursor(CursorId id, const CursorFacts& facts);
    Result<void> load_chunk(CursorId id, int64_t chunk, ByteView encoded);
    void load_return(Offset offset, uint32_t count);
    void load_segment(const SegmentInfo& segment);
    void load_hole(OffsetRange range);

    // The one code path for commits and for recovery. Everything may be applied twice, and in any
    // state of the log.
    void apply(const SettleEntry& entry);
    void apply(const DeliveredEntry& entry);
    void apply(const ReturnedEntry& entry);
    void apply(const TrimEntry& entry);
    void apply(const HoleEntry& entry);
    void apply(const PurgeEntry& entry);
    void apply(const LogRetentionEntry& entry);
    void apply(const LogDeleteEntry& entry);
    void apply(const CursorCreateEntry& entry);
    void apply(const CursorDeleteEntry& entry);
    enum class Gap : uint8_t { refused, accepted };
    // A batch that is here already is left out. `corrupt` if offsets are missing before it, unless
    // that is accepted.
    Result<void> append(BatchRef batch, Gap gap);

    // What retention lets go now.
    RetentionVerdict retention_verdict(TimePoint now, Bytes hole_size_min) const;

    // Takes what the store is behind with. The tail stays readable until store_took().
    FrozenLog freeze(const LogRef& self);
    // The frozen tail is in the store now; `segments` describe it, the first maybe continuing the
    // last known one.
    void store_took(const std::vector<SegmentInfo>& segments);

    // Reading, for Log.
    LogId id() const { return id_; }
    bool deleted() const;
    LogFacts facts() const;
    Bytes size() const;
    Bytes tail_size() const;
    std::vector<SegmentInfo> segments() const;
    std::vector<OffsetRange> holes() const;
    std::vector<CursorId> cursors() const;
    std::optional<CursorSnapshot> cursor(CursorId id) const;
    std::optional<Outcome> outcome(Offset offset) const;
    // Where the batch at `offset`, or the first one beyond it, is to be had.
    struct Place {
        BatchRef batch;     // in memory; null at the end
        Offset offset;      // from where to look, at the start at least
        Offset stored_end;  // the store has to be asked first if `offset` is below
    };
    Result<Place> place(Offset offset) const;
    StoreReader& store() const { return *store_; }

    // The committer's notes about the frame it is filling, ahead of what is applied. Committer's
    // thread only.
    enum class Life : uint8_t { unborn, live, dead };
    struct Sequence {
        Offset next;
        Bytes bodies = 0;  // before `next`
        Life life = Life::unborn;
        bool dirty = false;   // changed since the last freeze
        bool stored = false;  // the store has, or is being given, rows of it
    };
    Sequence& sequence() { return sequence_; }

private:
    LogState(LogId id, const LogFacts& facts, std::shared_ptr<StoreReader> store);
    static LogRef wrap(std::unique_ptr<LogState> state);

    void settle(CursorState& cursor, bool queue, OffsetRange range, Outcome outcome)
        VARVE_REQUIRES(mutex_);
    void raise_start(Offset start) VARVE_REQUIRES(mutex_);
    void raise_start_over_purged() VARVE_REQUIRES(mutex_);
    Offset settled_below() const VARVE_REQUIRES(mutex_);
    int64_t settled_in(OffsetRange range) const VARVE_REQUIRES(mutex_);
    Bytes waiting_in_tail() const VARVE_REQUIRES(mutex_);
    void freeze_cursors(FrozenLog& frozen) VARVE_REQUIRES(mutex_);

    const LogId id_;
    const std::shared_ptr<StoreReader> store_;
    Sequence sequence_;

    mutable Mutex mutex_;
    LogFacts facts_ VARVE_GUARDED_BY(mutex_);
    bool deleted_ VARVE_GUARDED_BY(mutex_) = false;
    std::map<CursorId, CursorState> cursors_ VARVE_GUARDED_BY(mutex_);
    std::vector<ChunkRow> orphaned_chunks_
        VARVE_GUARDED_BY(mutex_);  // of deleted cursors: rows to delete
    std::vector<CursorId> orphaned_cursors_ VARVE_GUARDED_BY(mutex_);
    ReturnCounts returns_ VARVE_GUARDED_BY(mutex_);
    Outcomes outcomes_ VARVE_GUARDED_BY(mutex_);
    std::vector<SegmentInfo> segments_ VARVE_GUARDED_BY(mutex_);  // of what the store has
    std::vector<Offset> dead_segments_ VARVE_GUARDED_BY(mutex_);  // bases: rows to delete
    Holes holes_ VARVE_GUARDED_BY(mutex_);
    std::shared_ptr<const Tail> frozen_ VARVE_GUARDED_BY(mutex_);  // on its way to the store
    Tail tail_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
