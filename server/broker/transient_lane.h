// The transient records of one priority level: in memory, with a numbering of their own.
#pragma once

#include "engine/record_batch.h"
#include "server/broker/ledger.h"
#include "server/broker/memory_gauge.h"

#include <deque>

namespace varve {

// Threading: Shard-bound to the queue's shard.
class TransientLane {
public:
    explicit TransientLane(MemoryGauge& memory) : memory_(memory) {}
    ~TransientLane();
    TransientLane(const TransientLane&) = delete;
    TransientLane& operator=(const TransientLane&) = delete;

    // A batch that arrived when the level's durable lane ended at `durable_end`: durable records
    // below that go first.
    void add(BatchRef batch, Offset durable_end);

    const IntervalSet& ready() const { return ledger_.ready(); }
    const Ledger& ledger() const { return ledger_; }
    // Where the durable lane ended when the record at `offset`, which is unsettled, arrived.
    Offset durable_end_at(Offset offset) { return batch_of(offset).durable_end; }

    // The record at `offset`, which is unsettled.
    RecordView record(Offset offset);
    BatchRef batch(Offset offset) { return batch_of(offset).batch; }

    // Of bodies. Walks all that is ready.
    int64_t ready_bytes();

    uint32_t take_front() { return ledger_.take_front(); }
    int64_t put_back(OffsetRange range) { return ledger_.put_back(range); }
    int64_t settle_out(OffsetRange range);
    int64_t settle_ready(OffsetRange range);

private:
    struct Held {
        BatchRef batch;  // null when all its records are settled
        OffsetRange range;
        Offset durable_end;
        int64_t unsettled;
    };
    Held& batch_of(Offset offset);
    void release(OffsetRange range);

    MemoryGauge& memory_;
    Ledger ledger_;
    std::deque<Held> held_;
    Offset end_;
    RecordCursor cursor_;  // within the batch `cursor_range_`
    OffsetRange cursor_range_;
};

}  // namespace varve
