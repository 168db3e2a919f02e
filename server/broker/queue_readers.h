// The readers of one queue: subscriptions that take nothing out of it. They see what it has kept,
// and then what comes.
#pragma once

#include "server/broker/consumer.h"
#include "server/broker/log_window.h"
#include "server/broker/named_cursor.h"
#include "server/broker/queue_context.h"
#include "server/broker/queue_entry.h"
#include "server/broker/reader_filter.h"

#include <list>
#include <map>

namespace varve {

// A reader that is behind costs a window of its log (LogWindow), however far behind it is.
//
// Threading: Shard-bound to the queue's shard.
class QueueReaders {
public:
    QueueReaders(const QueueEntry& entry, QueueContext& context)
        : entry_(entry), context_(context) {}

    // Where a reader begins, and under which cursor its place is kept: kQueueCursor stands for
    // none.
    struct Place {
        Offset begin;
        CursorId cursor = kQueueCursor;
    };
    // A cursor goes on where it was, after what it has settled; `begin` is for those without one.
    // `access_refused` while another one reads under it.
    // What the filter does not want is passed over; a cursor is done with it.
    Result<void> add(Consumer consumer, const LogRef& log, const Place& place, ReaderFilter filter);
    bool empty() const { return readers_.empty(); }
    // Nobody has read under a name since this was made.
    bool untouched() const { return readers_.empty() && cursors_.empty(); }

    // Where a named cursor is, in front of what is durable. `log` is the queue's.
    CursorFigures look_at(CursorId cursor, const Log& log) const;
    // Nobody reads under the cursor from now on, and nothing is settled, until it is released: then
    // it is what the log says. `precondition` while somebody reads under it, or holds it.
    Result<void> hold(CursorId cursor);
    void release(CursorId cursor) { cursors_.erase(cursor); }

    // As Queue::end_deliveries() and Queue::remove_consumer(). They answer whether it is one of
    // these.
    bool end_deliveries(const ConsumerPort& port);
    bool remove(const ConsumerPort& port);
    void cancel(CancelReason reason);
    // A reader is done with these: never delivered under this cursor again. `is_logged`: the
    // journal has it already. What the cursor has not delivered was, before it was reset: it comes
    // again.
    void settle(CursorId cursor, OffsetRange range, bool is_logged);
    // Credit or outbox room came back to some of them.
    void poke();

    // A read of this reader is done; it may be gone.
    void add_read(uint64_t number, const ReadResult& result);
    // Delivers what lies below `end`, up to `budget` records, in turn. Answers whether there is
    // more to do at once.
    bool deliver(const Queue& queue, Offset end, int budget);

private:
    enum class Use : uint8_t { idle, reading, held };
    // A named cursor that somebody has read under since the broker started: ahead of what is
    // durable.
    struct Progress {
        SettledSet settled;
        Offset delivered_end;  // offsets below may have been delivered
        SettleSlot settle_slot;
        Use use = Use::idle;
    };
    struct Reader {
        Reader(uint64_t reader_number,
               Consumer subscription,
               const LogRef& log,
               MemoryGauge& windows)
            : number(reader_number), consumer(std::move(subscription)), window(log, windows) {}
        uint64_t number;
        Consumer consumer;
        LogWindow window;
        CursorId cursor = kQueueCursor;
        Progress* progress = nullptr;  // of the cursor, in cursors_
        ReaderFilter filter;
        Offset next{};
        Offset read_end{};  // where the log ended when it was read last
    };
    // `access_refused` if it is not idle, `not_found` if it is not in the log.
    Result<Progress*> take(CursorId cursor, const Log& log);
    Error in_use(ErrorCode code, Use use) const;
    Reader* find(const ConsumerPort& port);
    void end(const Reader& reader);
    void skip_settled(Reader& reader) const;
    void deliver_to(Reader& reader, Offset end, int& budget);
    void hand_over(Reader& reader, const RecordCursor& at);
    void pass_over(Reader& reader);
    void flush(Consumer& consumer);

    const QueueEntry& entry_;
    QueueContext& context_;
    std::list<Reader> readers_;  // the front one is next; they stay where they are
    std::map<CursorId, Progress> cursors_;
    uint64_t next_number_ = 1;
};

}  // namespace varve
