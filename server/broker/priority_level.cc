#include "server/broker/priority_level.h"

#include "engine/base/check.h"

namespace varve {

PriorityLevel::PriorityLevel(const LogRef& log,
                             DurableLane::Kind kind,
                             std::optional<Offset> end,
                             MemoryGauge& transients,
                             MemoryGauge& windows)
    : transient_(transients) {
    if (log != nullptr) durable_ = std::make_unique<DurableLane>(log, windows, kind, end);
}

int64_t PriorityLevel::ready_count() const {
    return transient_.ready().count() + (durable_ ? durable_->ledger.ready().count() : 0);
}

LanePosition PriorityLevel::head() {
    if (transient_.ready().empty()) return {Lane::durable, durable_->ledger.ready().front()};
    const Offset transient = transient_.ready().front();
    if (!durable_ || durable_->ledger.ready().empty()) return {Lane::transient, transient};
    const Offset durable = durable_->ledger.ready().front();
    if (durable < transient_.durable_end_at(transient)) return {Lane::durable, durable};
    return {Lane::transient, transient};
}

bool PriorityLevel::find(LanePosition position, FoundRecord& found) {
    if (position.lane == Lane::transient) {
        found.record = transient_.record(position.offset);
        found.batch = transient_.batch(position.offset);
        return true;
    }
    const RecordCursor* cursor = durable_->find(position.offset);
    if (cursor == nullptr) return false;
    found.record = cursor->record();
    found.batch = cursor->batch();
    return true;
}

uint32_t PriorityLevel::take_front(Lane lane) {
    return lane == Lane::durable ? durable_->ledger.take_front() : transient_.take_front();
}

int64_t PriorityLevel::put_back(Lane lane, OffsetRange range) {
    return lane == Lane::durable ? durable_->ledger.put_back(range) : transient_.put_back(range);
}

int64_t PriorityLevel::settle_out(Lane lane, OffsetRange range) {
    return lane == Lane::durable ? durable_->ledger.settle_out(range)
                                 : transient_.settle_out(range);
}

int64_t PriorityLevel::settle_ready(Lane lane, OffsetRange range) {
    return lane == Lane::durable ? durable_->ledger.settle_ready(range)
                                 : transient_.settle_ready(range);
}

}  // namespace varve
