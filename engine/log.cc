#include "engine/log.h"

#include "engine/log_state.h"

#include <algorithm>

namespace varve {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::acked:
            return "acked";
        case Outcome::rejected:
            return "rejected";
        case Outcome::expired:
            return "expired";
        case Outcome::dropped:
            return "dropped";
        case Outcome::purged:
            return "purged";
        case Outcome::moved:
            return "moved";
    }
    return "unknown";
}

Log::Log(std::unique_ptr<LogState> state) : state_(std::move(state)) {}
Log::~Log() = default;

LogId Log::id() const { return state_->id(); }
RetentionPolicy Log::retention() const { return state_->facts().retention; }
bool Log::deleted() const { return state_->deleted(); }

OffsetRange Log::range() const {
    const LogFacts facts = state_->facts();
    return {facts.start, facts.end};
}

Bytes Log::size() const { return state_->size(); }

Result<BatchRef> Log::read(Offset offset) const {
    VARVE_TRY(const LogState::Place place, state_->place(offset));
    if (place.offset >= place.stored_end) return place.batch;
    VARVE_TRY(BatchRef stored, state_->store().find(id(), place.offset, place.stored_end));
    // The store may hold nothing there any more when a trim has just passed: then memory is next.
    return stored ? stored : place.batch;
}

BatchRef Log::read_cached(Offset offset) const {
    const auto place = state_->place(offset);
    if (!place || place->offset < place->stored_end) return nullptr;
    return place->batch;
}

Result<Offset> Log::find(TimePoint time) const {
    VARVE_TRY(const LogState::Place place, state_->place({}));
    Offset offset = place.offset;
    // Segments that are all older are passed over by their summaries.
    for (const SegmentInfo& segment : segments()) {
        if (segment.max_time >= time) break;
        offset = std::max(offset, segment.range.end);
    }
    while (true) {
        VARVE_TRY(const BatchRef batch, read(offset));
        if (!batch) return range().end;
        offset = std::max(offset, batch->base());
        if (batch->max_time() >= time) {
            for (RecordCursor at(batch, offset); !at.at_end(); at.next()) {
                if (at.record().appended >= time) return at.offset();
            }
        }
        offset = batch->end();
    }
}

std::optional<CursorSnapshot> Log::cursor(CursorId id) const { return state_->cursor(id); }
std::vector<CursorId> Log::cursors() const { return state_->cursors(); }
std::optional<Outcome> Log::outcome(Offset offset) const { return state_->outcome(offset); }
std::vector<SegmentInfo> Log::segments() const { return state_->segments(); }
std::vector<OffsetRange> Log::holes() const { return state_->holes(); }

}  // namespace varve
