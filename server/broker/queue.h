// A queue on its shard: order, readiness and delivery.
#pragma once

#include "server/broker/consumer_list.h"
#include "server/broker/delivery_deadlines.h"
#include "server/broker/priority_level.h"
#include "server/broker/queue_context.h"
#include "server/broker/queue_left.h"
#include "server/broker/queue_readers.h"
#include "server/broker/ready_bytes.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace varve {

// Memory grows with what is unsettled and with the holes in what is ready, never with the backlog
// (P6).
//
// Threading: Shard-bound.
class Queue {
public:
    // Takes over what the engine knows of the entry's logs, and what it `left` where it was.
    // `timer` is the queue's key in the context's timers.
    Queue(QueueEntryRef entry,
          QueueContext& context,
          TimerQueue::Key timer,
          const QueueLeft& left = {});
    ~Queue();
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    const QueueEntry& entry() const { return *entry_; }
    // Ready records that may have been delivered before.
    uint64_t redelivered_count() const;

    void arrive(Arrival arrival);
    void add_read(ReadFor reader, Offset from, ReadResult result);
    // The answer to QueueContext::weigh().
    void add_weight(uint64_t number, const BacklogWeight& weight);
    void on_timer();
    // From now on; of what is in the queue already, too, but for the time limit of its messages. A
    // lowered length limit drops what is too much.
    void configure(QueueSettingsRef settings);

    // `access_refused` where exclusiveness is in the way.
    Result<void> add_consumer(Consumer consumer);
    // Takes nothing out of the queue, which has a log: see QueueReaders::add().
    Result<void> add_reader(Consumer consumer,
                            const QueueReaders::Place& place,
                            ReaderFilter filter);
    QueueReaders& readers() { return readers_; }
    // Nothing more for this consumer, which stays. What is on its way to it is in a letter, or
    // delivered, when this returns.
    void end_deliveries(const ConsumerPort& port);
    // The same for what is on its way.
    void remove_consumer(const ConsumerPort& port);
    void poke();

    enum class Logged : uint8_t { no, yes };
    // Only what is out is settled. `yes`: the settling is in the journal already.
    void settle(const Settlement& settlement, Logged logged);

    enum class GetResult : uint8_t { got, empty, wait };
    // Takes the first ready record. `wait`: not before something has been read or written: see
    // when_changed().
    GetResult get(AckMode ack_mode, GotRecord& got);
    // The same for a record that is out, and stays so; `empty`: it is not.
    GetResult look_at_out(const RecordKey& key, FoundRecord& found);
    void when_changed(std::function<void()> resume) { waiting_.push_back(std::move(resume)); }

    // Removes what is ready, in this turn; answers how many.
    uint64_t purge();
    // Refuses everything from now on, if the conditions hold; answers how many were ready. The
    // registrar deletes it.
    Result<uint64_t> close(const DeleteConditions& conditions);
    bool closed() const { return closed_; }
    // The subscriptions end with `reason`.
    void cancel_consumers(CancelReason reason);
    // Nothing is delivered from now on: writes down exactly what was delivered.
    void end_deliveries();

    // What a queue that moves to another shard leaves for the one that it is to be there; nothing
    // if it is in use, or holds what only memory has. The engine has the rest when this turn is
    // durable. Follow with the end of this one.
    std::optional<QueueLeft> leave();

    // Delivers and expires, up to a slice. Answers whether there is more to do at once.
    bool pump();

private:
    struct Burial {
        DeathReason reason = DeathReason::rejected;
        Level level = 0;
        Lane lane = Lane::durable;
        OffsetRange range;  // out, and not settled until it is done
    };
    // The head of a level that was looked at last: so that a backlog on the disk is not read again
    // for every message that joins it.
    struct KnownHead {
        std::optional<LanePosition> position;
        std::optional<TimePoint> expires;
    };
    // A delayed message that is out, in memory, until it is due.
    struct LastMoment {
        Level level = 0;
        LanePosition position;
        FoundRecord found;
    };
    static bool is_due(const KnownHead& head, TimePoint now);
    Level highest_ready();
    bool has_ready() const { return ready_ > 0; }
    bool may_leave() const;
    bool is_used() const { return !consumers_.empty() || !readers_.empty(); }
    void add_own_read(Level level, Offset from, const ReadResult& result);
    bool serve_readers();
    bool find(Level level, LanePosition position, FoundRecord& found);
    void read_ahead(Level level);
    bool fresh_without_time(Level level, LanePosition position, const FoundRecord& found) const;
    bool mark_covers(Level level, LanePosition position);
    void extend_mark(Level level, Offset next);

    void bury_out(int& budget);
    void deliver(TimePoint now, int& budget);
    void expire_heads(TimePoint now, int& budget);
    // ---- queue_limits.cc: what leaves the queue without being consumed
    void die(Level level, LanePosition position, const FoundRecord& found, DeathReason reason);
    void end_stage(Level level, LanePosition position, FoundRecord& found, TimePoint now);
    void end_last_moments(TimePoint now, int& budget);
    void end_out(Level level, Lane lane, OffsetRange range, DeathReason reason);
    void recall_overdue(int& budget);
    void give_back(Level level, Lane lane, OffsetRange part);
    void put_back(Level level, Lane lane, OffsetRange part);
    bool failed_too_often(Level level, LanePosition position) const;
    bool is_too_long() const;
    // Drops heads until the length is within its limit; false if the disk has to be asked first.
    bool shorten(int& budget);
    bool weighs() const { return settings_->length.bytes.has_value(); }
    void weigh_backlog();
    Bytes known_bytes() const;
    void report_occupancy();

    void hand_over(Consumer& consumer, Level level, LanePosition position, FoundRecord& found);
    Delivery take(Level level, LanePosition position, FoundRecord& found);
    void note_delivery(Level level, Offset offset, uint32_t before);
    void flush(Consumer& consumer);
    void flush_consumers();
    void release_heads();
    void give_up(Consumer& consumer);
    void lower_marks();

    void settle_part(Level level, Lane lane, OffsetRange part, SettleAction action, Logged logged);
    void log_settled(Level level, Lane lane, OffsetRange range, Outcome outcome);
    void shut();
    void unused();
    bool expired_unused() const;
    void update();
    void arm_timer();
    void wake_waiting();

    QueueEntryRef entry_;
    QueueSettingsRef settings_;
    QueueContext& context_;
    TimerQueue::Key timer_;
    std::deque<PriorityLevel> levels_;  // they stay where they are
    ConsumerList consumers_;
    QueueReaders readers_;
    std::vector<Consumer*> touched_;      // with pending deliveries
    std::vector<KnownHead> known_heads_;  // by level
    std::deque<Burial> burials_;
    std::multimap<TimePoint, LastMoment> last_moments_;  // of delayed messages: of 32 ms at most
    std::vector<std::function<void()>> waiting_;
    std::vector<OffsetRange> parts_;  // kept, so that settling allocates nothing
    int64_t ready_ = 0;
    int64_t unsettled_ = 0;
    DeliveryDeadlines deadlines_;
    ReadyBytes bytes_;         // if weighs()
    AdmittedRoom admitted_;    // that arrived since `reported_`
    AdmittedRoom reported_;    // what of the queue is in its occupancy
    size_t top_ = 0;           // no level above has anything ready
    bool may_expire_ = false;  // some record may have a time limit
    bool had_consumers_ = false;
    bool closed_ = false;
    bool delivering_ = true;
    std::optional<TimePoint> next_expiry_;  // of a head that was looked at
    std::chrono::nanoseconds unused_since_{};
};

}  // namespace varve
