// The queues that live on one shard, and which of them have work to do in this turn.
#pragma once

#include "engine/engine.h"
#include "server/broker/queue.h"
#include "server/broker/queue_context.h"
#include "server/broker/reader_pool.h"

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace varve {

// What the table needs of its shard, beyond what it builds itself.
struct QueueTableParts {
    Shard& shard;
    Clock& clock;
    CommitBuffer& commits;
    OutgoingMail& mail;
    ReaderPool& readers;
    MemoryGauge& transient_memory;
    std::chrono::milliseconds timer_check_max;
    std::function<void()>
        on_change;  // something happened: pump() is to be called when the turn ends
    std::function<void(const QueueEntry&, const DeadLetterTarget&, const RecordView&, DeathReason)>
        bury;
    std::function<void(const QueueEntryRef&)> retire;
};

// Threading: Shard-bound.
class QueueTable {
public:
    explicit QueueTable(QueueTableParts parts);

    // Takes over what the engine knows of its logs, and what it left where it was.
    Queue& add(const QueueEntryRef& entry, const QueueLeft& left = {});
    // Its consumers are told. Nothing if it is not here.
    void remove(const QueueId& id);
    // Null if it is not here, or closed.
    Queue* find(const QueueId& id) const;

    void arrive(std::vector<Arrival> arrivals);
    void settle(const Settlement& settlement, Queue::Logged logged);
    void poke(const QueueAddress& queue);

    // ---- moves: see QueueMoves
    // What arrives for a queue that is not here is kept from now on.
    void hold(const QueueId& id) { holds_.try_emplace(id); }
    // No more; answers what was kept.
    std::vector<Arrival> end_hold(const QueueId& id);
    // The queue goes to another shard, if it may: then it is held.
    std::optional<QueueLeft> release(const QueueEntryRef& entry, ShardIndex to);

    // Gives each queue that has work a slice.
    void pump();
    // Nothing is delivered from now on; what was delivered is written down exactly, in this turn.
    void end_deliveries();

    template <typename Visit>
    void for_each(const Visit& visit) const {
        for (const auto& [id, held] : queues_) visit(*held.queue);
    }

private:
    struct Held {
        std::unique_ptr<Queue> queue;
        TimerQueue::Key timer = 0;
        bool scheduled = false;
    };
    void schedule(const QueueId& id);
    void read(const QueueId& id, ReadFor reader, const LogRef& log, const LogWindow::Read& wanted);
    void weigh(Queue& queue, uint64_t number, std::vector<BacklogPart> backlog);

    QueueTableParts parts_;
    MemoryGauge window_memory_;
    TimerQueue timers_;
    QueueContext context_;
    std::unordered_map<QueueId, Held> queues_;
    std::unordered_map<QueueId, std::vector<Arrival>> holds_;
    bool deliveries_ended_ = false;
    std::unordered_map<TimerQueue::Key, QueueId> by_timer_;
    TimerQueue::Key next_timer_ = 1;
    std::vector<QueueId> scheduled_;
    std::vector<QueueId> running_;
};

}  // namespace varve
