#include "engine/checkpoint.h"

#include "engine/log_state.h"
#include "engine/segment.h"

#include <utility>
#include <vector>

namespace varve {
namespace {

// Writes the tail of one log, merging what is small, and describes what was written.
class TailWriter {
public:
    TailWriter(StoreCheckpoint& out, const FrozenLog& log, const EngineOptions& options)
        : out_(out),
          log_(log),
          id_(log.log->id()),
          options_(options),
          segments_before_(log.segment_count) {
        if (!log.last_segment) return;
        segments_.push_back(*log.last_segment);
        --segments_before_;
    }

    // The segments that are new or have grown.
    Result<std::vector<SegmentInfo>> write() {
        for (const auto& [base, batch] : log_.tail->batches()) {
            if (batch->end() <= log_.start) continue;
            VARVE_TRY(add(batch));
        }
        VARVE_TRY(flush());
        for (const SegmentInfo& segment : segments_) {
            out_.put(SegmentRow{id_, segment.range.begin, encode_segment_row(segment)});
        }
        return std::move(segments_);
    }

private:
    Result<void> add(const BatchRef& batch) {
        const bool fits = pending_size_ + batch->size() <= options_.store.stored_batch_size;
        const bool follows = !pending_.empty() && pending_.back()->end() == batch->base();
        if (!fits || !follows) VARVE_TRY(flush());
        pending_.push_back(batch);
        pending_size_ += batch->size();
        return ok();
    }

    Result<void> flush() {
        if (pending_.empty()) return ok();
        BatchRef batch = pending_.front();
        if (pending_.size() > 1) {
            const Offset base = batch->base();
            const Bytes bodies_before = batch->bodies_before();
            for (const BatchRef& part : pending_) builder_.add_records(*part);
            batch = builder_.seal_at(base, bodies_before);
        }
        pending_.clear();
        pending_size_ = 0;
        const size_t count = segments_before_ + segments_.size();
        add_to_segments(
            segments_, summary_of(*batch), segment_roll_size(options_.segment_size, count));
        return out_.put_batch(id_, batch->range(), batch->encoded());
    }

    StoreCheckpoint& out_;
    const FrozenLog& log_;
    const LogId id_;
    const EngineOptions& options_;
    size_t segments_before_;
    std::vector<SegmentInfo> segments_;
    std::vector<BatchRef> pending_;  // to be one batch
    Bytes pending_size_ = 0;
    RecordBatchBuilder builder_;
};

Result<std::vector<SegmentInfo>> write_log(StoreCheckpoint& out,
                                           const FrozenLog& log,
                                           const EngineOptions& options) {
    for (const LogRow& row : log.rows) out.put(row);
    for (const CursorRow& row : log.cursors) out.put(row);
    for (const ChunkRow& row : log.chunks) out.put(row);
    for (const ReturnRow& row : log.returns) out.put(row);
    for (const HoleRow& row : log.holes) out.put(row);
    for (const Offset base : log.dead_segments) out.put(SegmentRow{log.log->id(), base, {}});
    if (!log.tail) return std::vector<SegmentInfo>();
    return TailWriter(out, log, options).write();
}

// A backlog is read from the store soon, and the page cache saves the disk that. While less than
// half of what came waits, consumers get it from memory, and what gets to the store is history.
Store::Reading expected_reading(const FrozenState& frozen) {
    Bytes size = 0;
    Bytes waiting = 0;
    for (const FrozenLog& log : frozen.logs) {
        size += log.tail ? log.tail->size() : 0;
        waiting += log.waiting;
    }
    return waiting > size / 2 ? Store::Reading::soon : Store::Reading::unlikely;
}

}  // namespace

Result<void> write_checkpoint(Store& store,
                              const FrozenState& frozen,
                              const EngineOptions& options) {
    StoreCheckpoint out = store.begin_checkpoint(expected_reading(frozen));
    std::vector<std::vector<SegmentInfo>> segments;
    segments.reserve(frozen.logs.size());
    for (const FrozenLog& log : frozen.logs) {
        VARVE_TRY(segments.emplace_back(), write_log(out, log, options));
    }
    for (const LogId& id : frozen.deleted) out.erase_log(id);
    for (const CatalogueRow& row : frozen.definitions) out.put(row);
    VARVE_TRY(out.commit(frozen.applied));
    for (size_t i = 0; i < frozen.logs.size(); ++i) {
        LogState::of(*frozen.logs[i].log).store_took(segments[i]);
    }
    return ok();
}

}  // namespace varve
