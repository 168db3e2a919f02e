// What a queue needs of its shard.
#pragma once

#include "engine/io/clock.h"
#include "server/async/timer_queue.h"
#include "server/broker/backlog_weight.h"
#include "server/broker/commit_buffer.h"
#include "server/broker/durable_lane.h"
#include "server/broker/mail.h"
#include "server/broker/memory_gauge.h"
#include "server/broker/message_death.h"

#include <functional>

namespace varve {

class Queue;

// Whom a read from the disk is for.
struct ReadFor {
    Level level = 0;
    uint64_t reader = 0;  // of a level's log; 0: the queue's own
};

// One per shard; outlives its queues.
struct QueueContext {
    ShardIndex shard = 0;
    Clock& clock;
    CommitBuffer& commits;
    OutgoingMail& mail;
    TimerQueue& timers;
    MemoryGauge& transient_memory;
    MemoryGauge& window_memory;  // batches kept at the heads of durable queues
    // A queue of this shard; null if it is gone.
    std::function<Queue*(const QueueId&)> find;
    // Calls Queue::pump() at the end of this turn.
    std::function<void(Queue&)> schedule;
    // Reads from the disk, then calls Queue::add_read().
    std::function<void(const Queue&, ReadFor, const LogRef&, const LogWindow::Read&)> read;
    // Weighs what lies on the disk, then calls Queue::add_weight() with the number; from within,
    // while the broker starts: its first publisher finds limits exact.
    std::function<void(Queue&, uint64_t number, std::vector<BacklogPart>)> weigh;
    // Publishes a copy of the record to where the queue's dead letters go, in this turn.
    std::function<void(const QueueEntry&, const DeadLetterTarget&, const RecordView&, DeathReason)>
        bury;
    // The queue has closed itself, being unused: it is to be deleted.
    std::function<void(const QueueEntryRef&)> retire;
};

}  // namespace varve
