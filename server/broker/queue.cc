#include "server/broker/queue.h"

#include "engine/base/check.h"
#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

namespace {

// Records handed out or expired before other queues of the shard get their turn.
constexpr int kSlice = 512;

bool is_expired(const RecordView& record, TimePoint now) {
    return record.expires && *record.expires <= now;
}

}  // namespace

Queue::Queue(QueueEntryRef entry, QueueContext& context, TimerQueue::Key timer)
    : entry_(std::move(entry)),
      settings_(std::make_shared<const QueueSettings>(entry_->spec.settings)),
      context_(context),
      timer_(timer),
      unused_since_(context.clock.monotonic()) {
    for (size_t level = 0; level < entry_->spec.level_count(); ++level) {
        levels_.emplace_back(entry_->stored() ? entry_->logs[level] : nullptr,
                             context_.transient_memory,
                             context_.window_memory);
        ready_ += levels_.back().ready_count();
    }
    top_ = levels_.size() - 1;
    known_heads_.resize(levels_.size());
    // What was found on the disk may have time limits: nobody has looked yet.
    may_expire_ = settings_->message_ttl.has_value() || ready_ > 0;
    update();
    if (may_expire_ && ready_ > 0) context_.schedule(*this);
}

Queue::~Queue() { context_.timers.clear(timer_); }

uint64_t Queue::redelivered_count() const {
    int64_t count = 0;
    for (const PriorityLevel& level : levels_) {
        if (level.durable() == nullptr) continue;
        const Ledger& ledger = level.durable()->ledger;
        ledger.ready().for_each_in({{}, ledger.delivered_end()},
                                   [&](OffsetRange part) { count += part.count(); });
    }
    return static_cast<uint64_t>(count);
}

void Queue::arrive(Arrival arrival) {
    if (closed_) return;
    PriorityLevel& level = levels_[arrival.level];
    may_expire_ = may_expire_ || arrival.may_expire;
    top_ = std::max<size_t>(top_, arrival.level);
    if (arrival.lane == Lane::durable) {
        ready_ += level.add_durable(arrival.batch);
    } else {
        ready_ += arrival.batch->count();
        level.add_transient(std::move(arrival.batch));
    }
    update();
    wake_waiting();
    context_.schedule(*this);
}

void Queue::add_read(Level level, Offset from, ReadResult result) {
    if (closed_) return;
    DurableLane& lane = *levels_[level].durable();
    if (!result) {
        lane.read_failed();
        return wake_waiting();
    }
    // Offsets that nobody can read any more: the engine has said so when it opened with losses
    // accepted.
    const OffsetRange lost = lane.add_read(from, *result);
    if (!lost.empty()) {
        const int64_t ready = lane.ledger.settle_ready(lost);
        ready_ -= ready;
        unsettled_ -= lane.ledger.settle_out(lost);
        log_settled(level, Lane::durable, lost, Outcome::dropped);
    }
    update();
    wake_waiting();
    context_.schedule(*this);
}

void Queue::on_timer() {
    if (closed_) return;
    if (expired_unused()) return unused();
    context_.schedule(*this);
}

void Queue::configure(QueueSettingsRef settings) {
    settings_ = std::move(settings);
    if (closed_) return;
    // Time limits are written in the records when they come; the rest is looked at anew.
    update();
    context_.schedule(*this);
}

Result<void> Queue::add_consumer(Consumer consumer) {
    if (consumers_.has_exclusive() || (consumer.exclusive && !consumers_.empty())) {
        return Error{ErrorCode::access_refused,
                     queue_text(entry_->name, entry_->vhost) + " in exclusive use"};
    }
    consumers_.add(std::move(consumer));
    had_consumers_ = true;
    // Before the first message comes, so that its delivery need not wait for the mark.
    for (size_t level = 0; level < levels_.size(); ++level) {
        DurableLane* lane = levels_[level].durable();
        if (lane == nullptr) continue;
        const IntervalSet& ready = lane->ledger.ready();
        extend_mark(static_cast<Level>(level), ready.empty() ? lane->end() : ready.front());
    }
    update();
    context_.schedule(*this);
    return ok();
}

void Queue::remove_consumer(const ConsumerPort& port) {
    Consumer* consumer = consumers_.find(port);
    if (consumer == nullptr) return;
    flush(*consumer);
    std::erase(touched_, consumer);
    consumers_.remove(port);
    if (consumers_.empty() && !closed_) {
        lower_marks();
        unused_since_ = context_.clock.monotonic();
        if (entry_->spec.auto_delete && had_consumers_) return unused();
    }
    update();
}

void Queue::poke() {
    consumers_.poke();
    if (has_ready()) context_.schedule(*this);
}

void Queue::settle(const Settlement& settlement, Logged logged) {
    if (closed_ || settlement.level >= levels_.size()) return;
    PriorityLevel& level = levels_[settlement.level];
    if (settlement.lane == Lane::durable && level.durable() == nullptr) return;
    parts_.clear();
    level.ledger(settlement.lane).out().for_each_in(settlement.range, [this](OffsetRange part) {
        parts_.push_back(part);
    });
    for (const OffsetRange part : parts_) {
        settle_part(settlement.level, settlement.lane, part, settlement.action, logged);
    }
    update();
    poke();
}

void Queue::settle_part(
    Level level, Lane lane, OffsetRange part, SettleAction action, Logged logged) {
    switch (action) {
        case SettleAction::ack:
            unsettled_ -= levels_[level].settle_out(lane, part);
            if (logged == Logged::no) log_settled(level, lane, part, Outcome::acked);
            return;
        case SettleAction::requeue: {
            const int64_t count = levels_[level].put_back(lane, part);
            unsettled_ -= count;
            ready_ += count;
            top_ = std::max<size_t>(top_, level);
            if (lane == Lane::transient) return;
            // One delivery is what a restart assumes of everything below the mark.
            levels_[level].ledger(lane).for_each_count(
                part, [&](Offset offset, uint32_t deliveries) {
                    context_.commits.transaction().mark_returned(
                        levels_[level].durable()->log(), offset, deliveries);
                });
            return;
        }
        case SettleAction::reject:
            if (settings_->dead_letter && logged == Logged::no) {
                burials_.push_back({level, lane, part});
                context_.schedule(*this);
                return;
            }
            unsettled_ -= levels_[level].settle_out(lane, part);
            if (logged == Logged::no) log_settled(level, lane, part, Outcome::rejected);
            return;
    }
}

void Queue::log_settled(Level level, Lane lane, OffsetRange range, Outcome outcome) {
    if (lane == Lane::transient) return;
    DurableLane& durable = *levels_[level].durable();
    context_.commits.settle(durable.log(), durable.settle_slot, range, outcome);
}

Queue::GetResult Queue::get(AckMode ack_mode, GotRecord& got) {
    entry_->live.used_ns.store(context_.clock.monotonic().count());
    const TimePoint now = context_.clock.now();
    while (!closed_ && has_ready()) {
        const Level level = highest_ready();
        const LanePosition position = levels_[level].head();
        FoundRecord found;
        if (!find(level, position, found)) return GetResult::wait;
        if (is_expired(found.record, now)) {
            expire(level, position, found);
            continue;
        }
        if (position.lane == Lane::durable && !mark_covers(level, position)) return GetResult::wait;
        got.queue = entry_->address();
        got.delivery = take(level, position, found);
        got.ready_left = static_cast<uint64_t>(ready_);
        if (ack_mode == AckMode::automatic) {
            unsettled_ -=
                levels_[level].settle_out(position.lane, {position.offset, position.offset + 1});
            log_settled(
                level, position.lane, {position.offset, position.offset + 1}, Outcome::acked);
        }
        if (may_expire_) context_.schedule(*this);  // there is a new head
        update();
        return GetResult::got;
    }
    update();
    return GetResult::empty;
}

uint64_t Queue::purge() {
    const int64_t purged = ready_;
    for (size_t index = 0; index < levels_.size(); ++index) {
        const auto level = static_cast<Level>(index);
        for (const Lane lane : {Lane::durable, Lane::transient}) {
            if (lane == Lane::durable && levels_[level].durable() == nullptr) continue;
            parts_.clear();
            levels_[level].ledger(lane).ready().for_each(
                [this](OffsetRange run) { parts_.push_back(run); });
            if (lane == Lane::durable) {
                // Erased as far as nothing is out; what lies between records that are out is
                // settled.
                DurableLane& durable = *levels_[level].durable();
                const IntervalSet& out = durable.ledger.out();
                const Offset erased_end = out.empty() ? durable.end() : out.front();
                context_.commits.transaction().purge(durable.log(),
                                                     {durable.log()->range().begin, erased_end});
                for (const OffsetRange part : parts_) {
                    log_settled(
                        level, lane, {std::max(part.begin, erased_end), part.end}, Outcome::purged);
                }
            }
            for (const OffsetRange part : parts_) ready_ -= levels_[level].settle_ready(lane, part);
        }
    }
    update();
    context_.schedule(*this);
    return static_cast<uint64_t>(purged);
}

Result<uint64_t> Queue::close(const DeleteConditions& conditions) {
    const std::string name = queue_text(entry_->name, entry_->vhost);
    if (conditions.if_unused && !consumers_.empty())
        return Error{ErrorCode::precondition, name + " in use"};
    if (conditions.if_empty && has_ready())
        return Error{ErrorCode::precondition, name + " not empty"};
    shut();
    return static_cast<uint64_t>(ready_);
}

void Queue::cancel_consumers(CancelReason reason) {
    consumers_.for_each([this](Consumer& consumer) { flush(consumer); });
    touched_.clear();
    consumers_.for_each([&](Consumer& consumer) {
        context_.mail.to(consumer.port->shard).cancellations.push_back({consumer.port, reason});
    });
    consumers_ = {};
    wake_waiting();
    update();
}

void Queue::end_deliveries() {
    delivering_ = false;
    flush_consumers();
    lower_marks();
}

void Queue::lower_marks() {
    for (PriorityLevel& level : levels_) {
        DurableLane* lane = level.durable();
        if (lane == nullptr) continue;
        const Offset exact = lane->ledger.delivered_end();
        if (lane->mark.requested() <= exact) continue;
        lane->mark.lower(exact);
        context_.commits.transaction().mark_delivered(lane->log(), kQueueCursor, exact);
    }
}

void Queue::shut() {
    closed_ = true;
    entry_->live.stage.store(QueueStage::closed);
}

void Queue::unused() {
    shut();
    context_.retire(entry_);
}

bool Queue::expired_unused() const {
    if (!settings_->expires || !consumers_.empty()) return false;
    const std::chrono::nanoseconds used(entry_->live.used_ns.load());
    return context_.clock.monotonic() - std::max(used, unused_since_) >= *settings_->expires;
}

void Queue::update() {
    entry_->live.ready.store(static_cast<uint64_t>(ready_), std::memory_order_release);
    entry_->live.unsettled.store(static_cast<uint64_t>(unsettled_), std::memory_order_release);
    entry_->live.consumers.store(consumers_.count(), std::memory_order_release);
    arm_timer();
}

void Queue::arm_timer() {
    std::optional<std::chrono::nanoseconds> deadline;
    if (next_expiry_) {
        const auto wait = *next_expiry_ - context_.clock.now();
        deadline = context_.clock.monotonic() + wait;
    }
    if (settings_->expires && consumers_.empty()) {
        const std::chrono::nanoseconds used(entry_->live.used_ns.load());
        const std::chrono::nanoseconds end = std::max(used, unused_since_) + *settings_->expires;
        deadline = deadline ? std::min(*deadline, end) : end;
    }
    if (deadline) {
        context_.timers.set(timer_, *deadline);
    } else {
        context_.timers.clear(timer_);
    }
}

void Queue::wake_waiting() {
    for (auto& resume : std::exchange(waiting_, {})) resume();
}

bool Queue::pump() {
    if (closed_) return false;
    int budget = kSlice;
    const TimePoint now = context_.clock.now();
    bury_rejected(budget);
    deliver(now, budget);
    expire_heads(now, budget);
    flush_consumers();
    release_heads();
    update();
    return budget <= 0;
}

}  // namespace varve
