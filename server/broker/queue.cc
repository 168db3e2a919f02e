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

int64_t body_bytes(const BatchRef& batch) {
    int64_t bytes = 0;
    for (RecordCursor at(batch, batch->base()); !at.at_end(); at.next())
        bytes += static_cast<int64_t>(at.record().body.size());
    return bytes;
}

}  // namespace

Queue::Queue(QueueEntryRef entry,
             QueueContext& context,
             TimerQueue::Key timer,
             const QueueLeft& left)
    : entry_(std::move(entry)),
      settings_(std::make_shared<const QueueSettings>(entry_->spec.settings)),
      context_(context),
      timer_(timer),
      consumers_(entry_->spec.single_active_consumer ? ConsumerList::Mode::single
                                                     : ConsumerList::Mode::shared),
      readers_(*entry_, context),
      reported_(left.reported),
      unused_since_(context.clock.monotonic()) {
    for (size_t level = 0; level < entry_->spec.level_count(); ++level) {
        levels_.emplace_back(
            entry_->stored() ? entry_->logs[level] : nullptr,
            entry_->spec.is_stream() ? DurableLane::Kind::stream : DurableLane::Kind::queue,
            left.ends.empty() ? std::nullopt : std::optional(left.ends[level]),
            context_.transient_memory,
            context_.window_memory);
        ready_ += levels_.back().ready_count();
    }
    top_ = levels_.size() - 1;
    known_heads_.resize(levels_.size());
    // What was found on the disk may have time limits: nobody has looked yet.
    may_expire_ = settings_->message_ttl.has_value() || ready_ > 0;
    if (weighs()) weigh_backlog();
    update();
    if (ready_ > 0 && (may_expire_ || is_too_long())) context_.schedule(*this);
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
    const bool durable = arrival.lane == Lane::durable;
    const int64_t added = durable ? level.add_durable(arrival.batch) : arrival.batch->count();
    if (added > 0 && weighs()) bytes_.add(body_bytes(arrival.batch));
    if (!durable) level.add_transient(std::move(arrival.batch), arrival.behind);
    ready_ += added;
    admitted_.messages += arrival.admitted.messages;
    admitted_.bytes += arrival.admitted.bytes;
    int budget = kSlice;
    shorten(budget);
    update();
    wake_waiting();
    context_.schedule(*this);
}

void Queue::add_read(ReadFor reader, Offset from, ReadResult result) {
    if (closed_) return;
    if (reader.reader == 0) return add_own_read(reader.level, from, result);
    readers_.add_read(reader.reader, result);
    // What cannot be read is not asked for again until somebody looks at the queue.
    if (result) context_.schedule(*this);
}

void Queue::add_own_read(Level level, Offset from, const ReadResult& result) {
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
        const int64_t out = lane.ledger.settle_out(lost);
        ready_ -= ready;
        unsettled_ -= out;
        // What was settled before may have gone by retention.
        if (ready + out > 0) log_settled(level, Lane::durable, lost, Outcome::dropped);
        if (weighs()) weigh_backlog();
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
    const bool weighed = weighs();
    settings_ = std::move(settings);
    if (closed_) return;
    if (weighs() && !weighed) weigh_backlog();
    if (!weighs()) bytes_.clear();
    // Time limits are written in the records when they come; the rest is looked at anew.
    update();
    context_.schedule(*this);
}

void Queue::settle(const Settlement& settlement, Logged logged) {
    if (closed_ || settlement.level >= levels_.size()) return;
    if (settlement.cursor != kQueueCursor) {
        readers_.settle(settlement.cursor, settlement.range, logged == Logged::yes);
        return poke();
    }
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
    if (!deadlines_.empty()) deadlines_.remove(level, lane, part);
    switch (action) {
        case SettleAction::ack:
            unsettled_ -= levels_[level].settle_out(lane, part);
            if (weighs()) bytes_.settle_out(level, lane, part);
            if (logged == Logged::no) log_settled(level, lane, part, Outcome::acked);
            return;
        case SettleAction::requeue:
            return give_back(level, lane, part);
        case SettleAction::reject:
            if (logged == Logged::no) return end_out(level, lane, part, DeathReason::rejected);
            unsettled_ -= levels_[level].settle_out(lane, part);
            if (weighs()) bytes_.settle_out(level, lane, part);
            return;
    }
}

void Queue::log_settled(Level level, Lane lane, OffsetRange range, Outcome outcome) {
    if (lane == Lane::transient) return;
    DurableLane& durable = *levels_[level].durable();
    context_.commits.settle({durable.log(), kQueueCursor}, durable.settle_slot, range, outcome);
}

Queue::GetResult Queue::get(AckMode ack_mode, GotRecord& got) {
    entry_->live.used_ns.store(context_.clock.monotonic().count());
    const TimePoint now = context_.clock.now();
    int budget = kSlice;
    while (!closed_ && has_ready()) {
        // Before the queue had its turn: what is too much is not to be got any more.
        if (!shorten(budget)) return GetResult::wait;
        if (!has_ready()) break;
        const Level level = highest_ready();
        const LanePosition position = levels_[level].head();
        FoundRecord found;
        if (!find(level, position, found)) return GetResult::wait;
        if (is_expired(found.record, now)) {
            die(level, position, found, DeathReason::expired);
            continue;
        }
        if (failed_too_often(level, position)) {
            die(level, position, found, DeathReason::delivery_limit);
            continue;
        }
        if (position.lane == Lane::durable && !mark_covers(level, position)) return GetResult::wait;
        got.queue = entry_->address();
        got.delivery = take(level, position, found);
        got.ready_left = static_cast<uint64_t>(ready_);
        if (ack_mode == AckMode::automatic)
            settle_part(level,
                        position.lane,
                        {position.offset, position.offset + 1},
                        SettleAction::ack,
                        Logged::no);
        if (may_expire_) context_.schedule(*this);  // there is a new head
        update();
        return GetResult::got;
    }
    update();
    return GetResult::empty;
}

Queue::GetResult Queue::look_at_out(const RecordKey& key, FoundRecord& found) {
    if (closed_ || key.level >= levels_.size()) return GetResult::empty;
    if (key.lane == Lane::durable && levels_[key.level].durable() == nullptr)
        return GetResult::empty;
    if (!levels_[key.level].ledger(key.lane).out().contains(key.offset)) return GetResult::empty;
    return find(key.level, {key.lane, key.offset}, found) ? GetResult::got : GetResult::wait;
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
    if (weighs() && !bytes_.is_known()) weigh_backlog();
    update();
    context_.schedule(*this);
    return static_cast<uint64_t>(purged);
}

Result<uint64_t> Queue::close(const DeleteConditions& conditions) {
    const std::string name = queue_text(entry_->name, entry_->vhost);
    if (conditions.if_unused && is_used()) return Error{ErrorCode::precondition, name + " in use"};
    if (conditions.if_empty && has_ready())
        return Error{ErrorCode::precondition, name + " not empty"};
    shut();
    return static_cast<uint64_t>(ready_);
}

void Queue::end_deliveries() {
    delivering_ = false;
    flush_consumers();
    lower_marks();
}

bool Queue::may_leave() const {
    if (closed_ || is_used() || unsettled_ > 0 || !delivering_) return false;
    if (!readers_.untouched() || !waiting_.empty() || !last_moments_.empty()) return false;
    if (!bytes_.is_known() || (weighs() && ready_ > 0)) return false;
    return std::ranges::all_of(levels_, [](const PriorityLevel& level) {
        if (!level.ledger(Lane::transient).ready().empty()) return false;
        return level.durable() == nullptr || !level.durable()->is_reading();
    });
}

std::optional<QueueLeft> Queue::leave() {
    if (!may_leave()) return std::nullopt;
    end_deliveries();
    QueueLeft left{.reported = reported_};
    for (const PriorityLevel& level : levels_) {
        if (level.durable() != nullptr) left.ends.push_back(level.durable()->end());
    }
    return left;
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
    if (!settings_->expires || is_used()) return false;
    const std::chrono::nanoseconds used(entry_->live.used_ns.load());
    return context_.clock.monotonic() - std::max(used, unused_since_) >= *settings_->expires;
}

void Queue::update() {
    entry_->live.ready.store(static_cast<uint64_t>(ready_), std::memory_order_release);
    entry_->live.unsettled.store(static_cast<uint64_t>(unsettled_), std::memory_order_release);
    entry_->live.consumers.store(consumers_.count(), std::memory_order_release);
    if (ready_ == 0 && bytes_.is_known()) bytes_.clear_ready();
    report_occupancy();
    arm_timer();
}

void Queue::arm_timer() {
    std::optional<std::chrono::nanoseconds> deadline;
    std::optional<TimePoint> expiry = next_expiry_;
    if (!last_moments_.empty()) {
        const TimePoint due = last_moments_.begin()->first;
        expiry = std::min(expiry.value_or(due), due);
    }
    if (expiry) {
        const auto wait = *expiry - context_.clock.now();
        deadline = context_.clock.monotonic() + wait;
    }
    if (const auto next = deadlines_.next()) deadline = std::min(deadline.value_or(*next), *next);
    if (settings_->expires && !is_used()) {
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
    recall_overdue(budget);
    bury_out(budget);
    deliver(now, budget);
    shorten(budget);
    end_last_moments(now, budget);
    expire_heads(now, budget);
    flush_consumers();
    release_heads();
    update();
    const bool more_to_read = serve_readers();
    return budget <= 0 || more_to_read;
}

}  // namespace varve
