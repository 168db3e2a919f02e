#include "server/broker/queue_moves.h"

#include "server/async/resumed_by.h"
#include "server/broker/broker_parts.h"

namespace varve {

namespace {

// What this shard had on its way when this is called has arrived where it was sent to.
Task<bool> empty_pipes(BrokerShard::Parts& shard) {
    const Result<void> outcome = co_await shard.commits.durable();
    shard.mail.flush();
    co_return outcome.has_value();
}

}  // namespace

bool QueueMoves::worthwhile(const QueueEntry& queue,
                            ShardIndex to,
                            std::chrono::nanoseconds now) const {
    if (!interval_ || queue.shard() == to || !queue.declared()) return false;
    if (queue.live.consumers.load() > 0 || queue.live.unsettled.load() > 0) return false;
    return now - std::chrono::nanoseconds(queue.live.moved_ns.load()) >= *interval_;
}

Task<bool> QueueMoves::move(QueueEntryRef queue, ShardIndex to) {
    if (under_way_.contains(queue->id)) {
        co_await arrived(queue);
        co_return false;
    }
    under_way_[queue->id];
    const bool moved = co_await carry(queue, to);
    const auto waiting = under_way_.extract(queue->id);
    for (const auto& resume : waiting.mapped()) resume(moved);
    co_return moved;
}

Task<bool> QueueMoves::carry(QueueEntryRef queue, ShardIndex to) {
    BrokerShard::Parts& here = parts_of_(queue->shard());
    BrokerShard::Parts& there = parts_of_(to);
    if (&here == &there) co_return false;
    auto hold = [&there, queue] { there.queues.hold(queue->id); };
    co_await on_shard(there.shard, std::move(hold));
    auto release = [&here, queue, to] {
        here.note_change();
        return here.queues.release(queue, to);
    };
    std::optional<QueueLeft> left = co_await on_shard(here.shard, std::move(release));
    if (!left) {
        auto forget = [&there, queue] { there.queues.end_hold(queue->id); };
        co_await on_shard(there.shard, std::move(forget));
        co_return false;
    }
    queue->live.moved_ns.store(here.commons.clock.monotonic().count());
    for (ShardIndex index = 0; index < shards_.count(); ++index)
        co_await run_on(shards_.at(index), empty_pipes(parts_of_(index)));
    auto late = [&here, queue] { return here.queues.end_hold(queue->id); };
    left->late = co_await on_shard(here.shard, std::move(late));
    auto take_over = [&there, queue, left = std::move(*left)]() mutable {
        there.take_over(queue, std::move(left));
    };
    co_await on_shard(there.shard, std::move(take_over));
    co_return true;
}

Task<bool> QueueMoves::arrived(QueueEntryRef queue) {
    const auto under_way = under_way_.find(queue->id);
    if (under_way == under_way_.end()) co_return true;
    co_return co_await resumed_by<bool>(
        [&](std::function<void(bool)> resume) { under_way->second.push_back(std::move(resume)); });
}

}  // namespace varve
