// The part of Queue that pump() does: handing out, expiring and burying records.
#include "engine/base/check.h"
#include "server/broker/handover.h"
#include "server/broker/queue.h"

#include <algorithm>

namespace varve {

namespace {

// A time limit of 0: to be delivered at once or never.
bool has_no_time(const RecordView& record) {
    return record.expires && *record.expires <= record.appended;
}

}  // namespace

bool Queue::is_due(const KnownHead& head, TimePoint now) {
    return head.expires && *head.expires <= now;
}

Level Queue::highest_ready() {
    while (!levels_[top_].has_ready()) {
        VARVE_DCHECK(top_ > 0);
        --top_;
    }
    return static_cast<Level>(top_);
}

bool Queue::find(Level level, LanePosition position, FoundRecord& found) {
    const bool in_memory = levels_[level].find(position, found);
    if (position.lane == Lane::durable) read_ahead(level);
    return in_memory;
}

void Queue::read_ahead(Level level) {
    DurableLane& lane = *levels_[level].durable();
    const auto demand = consumers_.empty() ? LogWindow::Demand::head : LogWindow::Demand::run;
    if (const auto wanted = lane.read_wanted(demand))
        context_.read(*this, {.level = level}, lane.log(), *wanted);
}

bool Queue::fresh_without_time(Level level, LanePosition position, const FoundRecord& found) const {
    return has_no_time(found.record) &&
           levels_[level].ledger(position.lane).deliveries(position.offset) == 0;
}

bool Queue::mark_covers(Level level, LanePosition position) {
    DurableLane& lane = *levels_[level].durable();
    if (lane.mark.covers(position.offset)) return true;
    lane.mark.waited();
    extend_mark(level, position.offset);
    return false;
}

void Queue::extend_mark(Level level, Offset next) {
    DurableLane& lane = *levels_[level].durable();
    const auto wanted = lane.mark.wanted(next);
    if (!wanted) return;
    const uint64_t life = lane.mark.request(*wanted);
    context_.commits.transaction().mark_delivered(lane.log(), kQueueCursor, *wanted);
    context_.commits.when_durable(
        [&context = context_, id = entry_->id, level, life, below = *wanted](
            const Result<void>& outcome) {
            Queue* queue = context.find(id);
            if (queue == nullptr || !outcome) return;
            queue->levels_[level].durable()->mark.written(life, below);
            queue->wake_waiting();
            context.schedule(*queue);
        });
}

void Queue::bury_out(int& budget) {
    while (!burials_.empty() && budget > 0) {
        Burial& burial = burials_.front();
        const Offset offset = burial.range.begin;
        FoundRecord found;
        // Gone already if it turned out to be lost.
        if (levels_[burial.level].ledger(burial.lane).out().contains(offset)) {
            if (!find(burial.level, {burial.lane, offset}, found)) return;
            const OffsetRange range{offset, offset + 1};
            const auto& target = settings_->dead_letter;  // it may be gone since
            if (target) context_.bury(*entry_, *target, found.record, burial.reason);
            log_settled(
                burial.level, burial.lane, range, target ? Outcome::moved : Outcome::dropped);
            unsettled_ -= levels_[burial.level].settle_out(burial.lane, range);
            if (weighs()) bytes_.settle_out(burial.level, burial.lane, range);
            --budget;
        }
        burial.range.begin = offset + 1;
        if (burial.range.empty()) burials_.pop_front();
    }
}

void Queue::deliver(TimePoint now, int& budget) {
    while (budget > 0 && delivering_ && has_ready() && consumers_.may_take()) {
        const Level level = highest_ready();
        const LanePosition position = levels_[level].head();
        FoundRecord found;
        if (!find(level, position, found)) return;
        const bool expired = found.record.expires && *found.record.expires <= now;
        if (expired && !fresh_without_time(level, position, found)) {
            die(level, position, found, DeathReason::expired);
            --budget;
            continue;
        }
        if (failed_too_often(level, position)) {
            die(level, position, found, DeathReason::delivery_limit);
            --budget;
            continue;
        }
        if (position.lane == Lane::durable && !mark_covers(level, position)) return;
        Consumer* consumer = consumers_.take();
        if (consumer == nullptr) return;
        hand_over(*consumer, level, position, found);
        --budget;
    }
}

// Only heads expire: what stands behind one that lives longer waits for it, as in RabbitMQ.
void Queue::expire_heads(TimePoint now, int& budget) {
    next_expiry_.reset();
    if (!may_expire_) return;
    for (size_t index = 0; index <= top_; ++index) {
        const auto level = static_cast<Level>(index);
        while (budget > 0 && levels_[level].has_ready()) {
            const LanePosition position = levels_[level].head();
            KnownHead& known = known_heads_[level];
            FoundRecord found;
            if (known.position != position || is_due(known, now)) {
                if (!find(level, position, found)) break;
                known = {position, found.record.expires};
            }
            if (!known.expires) break;
            if (!is_due(known, now)) {
                next_expiry_ =
                    next_expiry_ ? std::min(*next_expiry_, *known.expires) : *known.expires;
                break;
            }
            end_stage(level, position, found, now);
            --budget;
        }
    }
}

Delivery Queue::take(Level level, LanePosition position, FoundRecord& found) {
    const uint32_t before = levels_[level].take_front(position.lane);
    --ready_;
    ++unsettled_;
    if (weighs())
        bytes_.take_out({level, position.lane, position.offset}, found.record.body.size());
    if (position.lane == Lane::durable) note_delivery(level, position.offset, before);
    return {.key = {level, position.lane, position.offset},
            .batch = std::move(found.batch),
            .record = found.record,
            .redelivered = before > 0,
            .delivery_count = before,
            .tells_count = entry_->spec.type == QueueType::quorum};
}

// The first delivery is told by the mark, which is ahead of it. Further ones are written down one
// by one, and nobody waits for that.
void Queue::note_delivery(Level level, Offset offset, uint32_t before) {
    extend_mark(level, offset + 1);
    if (before == 0) return;
    context_.commits.transaction().mark_returned(
        levels_[level].durable()->log(), offset, before + 1);
}

void Queue::hand_over(Consumer& consumer, Level level, LanePosition position, FoundRecord& found) {
    const int64_t size = outbox_size(found.record);
    if (consumer.pending.empty()) touched_.push_back(&consumer);
    consumer.pending.push_back(take(level, position, found));
    consumer.pending_bytes += size;
    if (consumer.port->outbox != nullptr) consumer.port->outbox->add(size);
    if (consumer.ack_mode == AckMode::manual) {
        const auto timeout = consumer.timeout ? consumer.timeout : settings_->consumer_timeout;
        if (timeout) {
            deadlines_.add({level, position.lane, position.offset},
                           context_.clock.monotonic() + *timeout,
                           consumer.port);
        }
        return;
    }
    const OffsetRange range{position.offset, position.offset + 1};
    settle_part(level, position.lane, range, SettleAction::ack, Logged::no);
}

void Queue::release_heads() {
    if (!consumers_.empty() || !waiting_.empty() || !burials_.empty()) return;
    for (PriorityLevel& level : levels_) {
        if (level.durable() != nullptr) level.durable()->release_if_crowded();
    }
}

void Queue::flush_consumers() {
    for (Consumer* consumer : touched_) flush(*consumer);
    touched_.clear();
}

void Queue::flush(Consumer& consumer) {
    if (consumer.pending.empty()) return;
    if (hand_over_pending(context_, entry_->address(), consumer)) return;
    give_up(consumer);
    consumer.pending.clear();
}

// The channel has gone and its cancel is on the way: the records stay here, for others to take.
void Queue::give_up(Consumer& consumer) {
    consumer.stalled = true;
    context_.schedule(*this);
    if (consumer.ack_mode == AckMode::automatic) return;
    if (consumer.port->channel_credit != nullptr) {
        consumer.port->channel_credit->give_back(static_cast<uint32_t>(consumer.pending.size()));
    }
    for (const Delivery& delivery : consumer.pending) {
        const Offset offset = delivery.key.offset;
        settle_part(delivery.key.level,
                    delivery.key.lane,
                    {offset, offset + 1},
                    SettleAction::requeue,
                    Logged::no);
    }
}

}  // namespace varve
