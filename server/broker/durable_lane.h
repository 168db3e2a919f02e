// The durable records of one priority level: an engine log, and what the queue knows of it.
#pragma once

#include "engine/log.h"
#include "server/broker/delivered_mark.h"
#include "server/broker/ledger.h"
#include "server/broker/log_window.h"
#include "server/broker/settle_slot.h"

#include <optional>
#include <vector>

namespace varve {

// Threading: Shard-bound to the queue's shard.
class DurableLane {
public:
    // Of a stream nothing is ever ready: the lane only knows where it ends.
    enum class Kind : uint8_t { queue, stream };
    // Takes over what the engine knows of the log: empty for a new one. What is in it from `end` on
    // is still to be added. `windows`: see LogWindow.
    DurableLane(LogRef log, MemoryGauge& windows, Kind kind, std::optional<Offset> end);

    Ledger ledger;
    DeliveredMark mark;
    SettleSlot settle_slot;

    const LogRef& log() const { return window_.log(); }
    Offset end() const { return end_; }

    // A batch that was just committed. Answers how many of its records are ready now: none, if the
    // lane was made after the commit and found them in the log.
    int64_t add(const BatchRef& batch);

    // The record at `offset`, which must be unsettled, and what is to be read for it: see
    // LogWindow.
    const RecordCursor* find(Offset offset) { return window_.find(offset); }
    std::optional<LogWindow::Read> read_wanted(LogWindow::Demand demand) {
        return window_.read_wanted(demand, end_);
    }
    // What was read. The answer is what is lost: offsets in front of the first batch that nobody
    // can read any more.
    OffsetRange add_read(Offset from, const std::vector<BatchRef>& batches);
    void read_failed() { window_.read_failed(); }
    bool is_reading() const { return window_.is_reading(); }
    void release_if_crowded() { window_.release_if_crowded(); }

private:
    Kind kind_;
    Offset end_;
    // Near the head: newly committed while the queue is short, read ahead while it is long.
    LogWindow window_;
};

}  // namespace varve
