// The batches of a log that somebody reads in order: where he is, and what was read ahead for him.
#pragma once

#include "engine/log.h"
#include "server/broker/memory_gauge.h"
#include "server/broker/reader_pool.h"

#include <deque>
#include <optional>
#include <vector>

namespace varve {

// Asks the disk for nothing by itself: read_wanted() says what to read, add_read() takes it.
//
// Threading: Shard-bound.
class LogWindow {
public:
    // `windows` counts what the windows of the shard keep in memory.
    LogWindow(LogRef log, MemoryGauge& windows) : log_(std::move(log)), windows_(windows) {}
    ~LogWindow() { drop_all(); }
    LogWindow(const LogWindow&) = delete;
    LogWindow& operator=(const LogWindow&) = delete;

    const LogRef& log() const { return log_; }

    // Stands on the record at `offset`, which must be readable. Null if the disk has to be asked:
    // see read_wanted().
    const RecordCursor* find(Offset offset);
    // A batch that was just committed, and that will be wanted next. Kept if there is room.
    // `is_next`: nothing before it is wanted.
    void offer(const BatchRef& batch, bool is_next);

    // Who asks for records: somebody who wants to see the first one, or one who will want the next
    // ones, too.
    enum class Demand : uint8_t { head, run };
    struct Read {
        Offset from;
        Bytes size_max = 0;
    };
    // The next read from the disk: of what find() missed, or ahead of what is here, up to `end`.
    // None while a read is under way, and where memory has it all. Marks the read as begun.
    std::optional<Read> read_wanted(Demand demand, Offset end);
    // What was read.
    void add_read(const std::vector<BatchRef>& batches);
    void read_failed() { reading_ = false; }
    bool is_reading() const { return reading_; }

    static constexpr Bytes kReadSize =
        1_MiB;  // One read: at 500 MB/s, 2 ms of work for a consumer that is a match for it.
    // Of all windows of a shard. Beyond, new batches are not kept, and reads are short: what nobody
    // consumes must not hold what somebody needs (docs/durability.md, P6).
    static constexpr Bytes kWindowsMax = 8_MiB;
    // Nobody wants what is here: lets go of it if all windows together hold too much.
    void release_if_crowded();

private:
    Bytes run_size() const { return windows_.used() < kWindowsMax ? kReadSize : kReadSize / 16; }
    void keep(const BatchRef& batch);
    void drop_before(Offset offset);
    void drop_all();

    LogRef log_;
    MemoryGauge& windows_;
    std::deque<BatchRef> batches_;  // ascending, without gaps
    Bytes size_ = 0;
    RecordCursor cursor_;
    std::optional<Offset> missed_;
    bool reading_ = false;
};

}  // namespace varve
