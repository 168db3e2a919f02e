// The durable records of one priority level: an engine log, and what the queue knows of it.
#pragma once

#include "engine/log.h"
#include "server/broker/delivered_mark.h"
#include "server/broker/ledger.h"
#include "server/broker/memory_gauge.h"
#include "server/broker/reader_pool.h"
#include "server/broker/settle_slot.h"

#include <deque>

namespace varve {

// Threading: Shard-bound to the queue's shard.
class DurableLane {
public:
    // Takes over what the engine knows of the log: empty for a new one. `windows` counts what the
    // lanes of the shard keep in memory.
    DurableLane(LogRef log, MemoryGauge& windows);
    ~DurableLane();
    DurableLane(const DurableLane&) = delete;
    DurableLane& operator=(const DurableLane&) = delete;

    Ledger ledger;
    DeliveredMark mark;
    SettleSlot settle_slot;

    const LogRef& log() const { return log_; }
    Offset end() const { return end_; }

    // A batch that was just committed. Answers how many of its records are new here: none, if the
    // lane was made after the commit and found them in the log.
    int64_t add(const BatchRef& batch);

    // Stands on the record at `offset`, which must be unsettled. Null if the disk has to be asked:
    // see read_wanted().
    const RecordCursor* find(Offset offset);

    // Who asks for records: somebody who wants to see the first one, or consumers, who will want
    // the next ones, too.
    enum class Demand : uint8_t { head, run };
    struct Read {
        Offset from;
        Bytes size_max = 0;
    };
    // The next read from the disk: of what find() missed, or ahead of what is here. None while a
    // read is under way, and where memory has it all. Marks the read as begun.
    std::optional<Read> read_wanted(Demand demand);
    // What was read. The answer is what is lost: offsets in front of the first batch that nobody
    // can read any more.
    OffsetRange add_read(Offset from, const std::vector<BatchRef>& batches);
    void read_failed() { reading_ = false; }

    static constexpr Bytes kReadSize =
        1_MiB;  // One read: at 500 MB/s, 2 ms of work for a consumer that is a match for it.
    // Of all lanes of a shard. Beyond, new batches are not kept, and reads are short: a queue that
    // nobody consumes from must not hold what another one needs (docs/durability.md, P6).
    static constexpr Bytes kWindowsMax = 8_MiB;
    // Nobody consumes: lets go of what is here if all lanes together hold too much.
    void release_if_crowded();

private:
    Bytes run_size() const { return windows_.used() < kWindowsMax ? kReadSize : kReadSize / 16; }
    void keep(const BatchRef& batch);
    void drop_before(Offset offset);
    void drop_all();

    LogRef log_;
    MemoryGauge& windows_;
    Offset end_;
    // Batches near the head, ascending, without gaps: newly committed while the queue is short,
    // read ahead while it is long.
    std::deque<BatchRef> window_;
    Bytes window_size_ = 0;
    RecordCursor cursor_;
    std::optional<Offset> missed_;
    bool reading_ = false;
};

}  // namespace varve
