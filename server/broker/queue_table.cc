#include "server/broker/queue_table.h"

#include "engine/base/check.h"

namespace varve {

QueueTable::QueueTable(QueueTableParts parts)
    : parts_(std::move(parts)),
      timers_(parts_.shard,
              parts_.clock,
              parts_.timer_check_max,
              [this](TimerQueue::Key key) {
                  const auto id = by_timer_.find(key);
                  if (id == by_timer_.end()) return;
                  if (Queue* queue = find(id->second)) queue->on_timer();
              }),
      context_{.shard = parts_.shard.index(),
               .clock = parts_.clock,
               .commits = parts_.commits,
               .mail = parts_.mail,
               .timers = timers_,
               .transient_memory = parts_.transient_memory,
               .window_memory = window_memory_,
               .find = [this](const QueueId& id) { return find(id); },
               .schedule = [this](Queue& queue) { schedule(queue.entry().id); },
               .read =
                   [this](const Queue& queue,
                          ReadFor reader,
                          const LogRef& log,
                          const LogWindow::Read& wanted) {
                       read(queue.entry().id, reader, log, wanted);
                   },
               .weigh =
                   [this](Queue& queue, uint64_t number, std::vector<BacklogPart> backlog) {
                       weigh(queue, number, std::move(backlog));
                   },
               .bury = parts_.bury,
               .retire = parts_.retire} {}

Queue& QueueTable::add(const QueueEntryRef& entry, const QueueLeft& left) {
    const auto [held, is_new] = queues_.try_emplace(entry->id);
    VARVE_CHECK(is_new);
    held->second.timer = next_timer_++;
    by_timer_[held->second.timer] = entry->id;
    held->second.queue = std::make_unique<Queue>(entry, context_, held->second.timer, left);
    if (deliveries_ended_) held->second.queue->end_deliveries();
    return *held->second.queue;
}

void QueueTable::remove(const QueueId& id) {
    const auto held = queues_.find(id);
    if (held == queues_.end()) return;
    held->second.queue->cancel_consumers(CancelReason::queue_deleted);
    by_timer_.erase(held->second.timer);
    queues_.erase(held);
    parts_.on_change();  // as in settle()
}

Queue* QueueTable::find(const QueueId& id) const {
    const auto held = queues_.find(id);
    // A queue that is being constructed is not found yet.
    if (held == queues_.end() || held->second.queue == nullptr || held->second.queue->closed())
        return nullptr;
    return held->second.queue.get();
}

void QueueTable::arrive(std::vector<Arrival> arrivals) {
    for (Arrival& arrival : arrivals) {
        if (Queue* queue = find(arrival.queue->id)) {
            queue->arrive(std::move(arrival));
        } else if (const auto hold = holds_.find(arrival.queue->id); hold != holds_.end()) {
            hold->second.push_back(std::move(arrival));
        }
    }
}

std::vector<Arrival> QueueTable::end_hold(const QueueId& id) {
    auto hold = holds_.extract(id);
    return hold.empty() ? std::vector<Arrival>() : std::move(hold.mapped());
}

std::optional<QueueLeft> QueueTable::release(const QueueEntryRef& entry, ShardIndex to) {
    Queue* queue = find(entry->id);
    if (queue == nullptr) return std::nullopt;
    auto left = queue->leave();
    if (!left) return std::nullopt;
    hold(entry->id);
    entry->live.moving.store(true);
    entry->live.shard.store(to);
    const auto held = queues_.find(entry->id);
    by_timer_.erase(held->second.timer);
    queues_.erase(held);
    return left;
}

void QueueTable::settle(const Settlement& settlement, Queue::Logged logged) {
    parts_.on_change();  // publishers may be waiting for the memory that this frees
    if (Queue* queue = find(settlement.queue.id)) queue->settle(settlement, logged);
}

void QueueTable::poke(const QueueAddress& queue) {
    if (Queue* found = find(queue.id)) found->poke();
}

void QueueTable::schedule(const QueueId& id) {
    Held& held = queues_.find(id)->second;
    if (held.scheduled) return;
    held.scheduled = true;
    scheduled_.push_back(id);
    parts_.on_change();
}

void QueueTable::pump() {
    running_.swap(scheduled_);
    for (const QueueId& id : running_) {
        const auto held = queues_.find(id);
        if (held == queues_.end()) continue;
        held->second.scheduled = false;
        if (held->second.queue->pump()) schedule(id);
    }
    running_.clear();
}

void QueueTable::end_deliveries() {
    deliveries_ended_ = true;
    for (auto& [id, held] : queues_) held.queue->end_deliveries();
}

void QueueTable::read(const QueueId& id,
                      ReadFor reader,
                      const LogRef& log,
                      const LogWindow::Read& wanted) {
    // The pool's thread may still be at it when the table goes: it touches the shard alone.
    auto done = [this, &shard = parts_.shard, id, reader, from = wanted.from](ReadResult result) {
        shard.post([this, id, reader, from, result = std::move(result)]() mutable {
            if (Queue* queue = find(id)) queue->add_read(reader, from, std::move(result));
        });
    };
    parts_.readers.read(log, wanted.from, wanted.size_max, std::move(done));
}

void QueueTable::weigh(Queue& queue, uint64_t number, std::vector<BacklogPart> backlog) {
    Shard& shard = parts_.shard;
    if (!shard.is_current()) return queue.add_weight(number, varve::weigh(backlog));
    parts_.readers.run([this, &shard, id = queue.entry().id, number, backlog = std::move(backlog)] {
        shard.post([this, id, number, weight = varve::weigh(backlog)] {
            if (Queue* found = find(id)) found->add_weight(number, weight);
        });
    });
}

}  // namespace varve
