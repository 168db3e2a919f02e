// The records of one priority level of a queue: its durable and its transient lane, in order of
// arrival.
#pragma once

#include "server/broker/durable_lane.h"
#include "server/broker/names.h"
#include "server/broker/transient_lane.h"

#include <memory>
#include <optional>

namespace varve {

// A record within its level.
struct LanePosition {
    Lane lane = Lane::durable;
    Offset offset;
    bool operator==(const LanePosition&) const = default;
};

struct FoundRecord {
    BatchRef batch;
    RecordView record;
};

// Threading: Shard-bound to the queue's shard.
class PriorityLevel {
public:
    // Without a log there is no durable lane.
    PriorityLevel(const LogRef& log,
                  DurableLane::Kind kind,
                  std::optional<Offset> end,  // see DurableLane
                  MemoryGauge& transients,
                  MemoryGauge& windows);

    // Answers how many records are new here: see DurableLane::add().
    int64_t add_durable(const BatchRef& batch) { return durable_->add(batch); }
    // `behind`: see Arrival.
    void add_transient(BatchRef batch, std::optional<Offset> behind) {
        const Offset end = durable_ ? durable_->end() : Offset{};
        transient_.add(std::move(batch), behind.value_or(end));
    }

    bool has_ready() const {
        return !transient_.ready().empty() || (durable_ && !durable_->ledger.ready().empty());
    }
    int64_t ready_count() const;
    // Body bytes of what is ready and not durable. Walks all of it.
    int64_t transient_ready_bytes() { return transient_.ready_bytes(); }
    // Calls `visit` with offset and body size of what is out and not durable.
    template <typename Visit>
    void for_each_transient_out(const Visit& visit) {
        transient_.ledger().out().for_each([&](OffsetRange run) {
            for (Offset offset = run.begin; offset < run.end; offset = offset + 1)
                visit(offset, transient_.record(offset).body.size());
        });
    }
    // The ready record that is next; not without one.
    LanePosition head();
    // False if the disk has to be asked first: see DurableLane::read_wanted().
    bool find(LanePosition position, FoundRecord& found);

    const Ledger& ledger(Lane lane) const {
        return lane == Lane::durable ? durable_->ledger : transient_.ledger();
    }
    // Hands out the first ready record of the lane; answers how often it was delivered before.
    uint32_t take_front(Lane lane);
    int64_t put_back(Lane lane, OffsetRange range);
    // These settle in memory only; `range` is out, or ready, as a whole.
    int64_t settle_out(Lane lane, OffsetRange range);
    int64_t settle_ready(Lane lane, OffsetRange range);

    // Null without one.
    DurableLane* durable() { return durable_.get(); }
    const DurableLane* durable() const { return durable_.get(); }

private:
    std::unique_ptr<DurableLane> durable_;
    TransientLane transient_;
};

}  // namespace varve
