// The part of Queue that ends what is not consumed: too old, too much, failed too often, rejected.
#include "server/broker/delay.h"
#include "server/broker/queue.h"

#include <algorithm>

namespace varve {

namespace {

Outcome outcome_of(DeathReason reason) {
    switch (reason) {
        case DeathReason::rejected:
            return Outcome::rejected;
        case DeathReason::expired:
            return Outcome::expired;
        case DeathReason::maxlen:
        case DeathReason::delivery_limit:
            return Outcome::dropped;
    }
    return Outcome::dropped;
}

}  // namespace

// What is ready. `found` may be empty where nobody needs to know what it is.
void Queue::die(Level level, LanePosition position, const FoundRecord& found, DeathReason reason) {
    const OffsetRange range{position.offset, position.offset + 1};
    const bool buried = settings_->dead_letter.has_value();
    if (buried) context_.bury(*entry_, *settings_->dead_letter, found.record, reason);
    log_settled(level, position.lane, range, buried ? Outcome::moved : outcome_of(reason));
    ready_ -= levels_[level].settle_ready(position.lane, range);
    if (weighs()) bytes_.remove(found.record.body.size());
}

// The time limit of a ready record is over: it dies, unless it is a delayed message that is due
// within moments.
void Queue::end_stage(Level level, LanePosition position, FoundRecord& found, TimePoint now) {
    const auto due = is_delay_queue(entry_->name) ? last_moment(found.record, now) : std::nullopt;
    if (!due) return die(level, position, found, DeathReason::expired);
    levels_[level].take_front(position.lane);
    --ready_;
    ++unsettled_;
    last_moments_.emplace(*due, LastMoment{level, position, std::move(found)});
}

void Queue::end_last_moments(TimePoint now, int& budget) {
    for (; budget > 0 && !last_moments_.empty(); --budget) {
        if (last_moments_.begin()->first > now) return;
        const auto ended = last_moments_.extract(last_moments_.begin());
        const auto& [level, position, found] = ended.mapped();
        const OffsetRange range{position.offset, position.offset + 1};
        context_.bury(*entry_, *settings_->dead_letter, found.record, DeathReason::expired);
        log_settled(level, position.lane, range, Outcome::moved);
        unsettled_ -= levels_[level].settle_out(position.lane, range);
    }
}

// What is out. A dead letter has to be read first, and stays out until it is buried.
void Queue::end_out(Level level, Lane lane, OffsetRange range, DeathReason reason) {
    if (settings_->dead_letter) {
        burials_.push_back({reason, level, lane, range});
        context_.schedule(*this);
        return;
    }
    unsettled_ -= levels_[level].settle_out(lane, range);
    if (weighs()) bytes_.settle_out(level, lane, range);
    log_settled(level, lane, range, outcome_of(reason));
}

// Its credit stays taken until its consumer settles it after all: who does not keep up gets no more
// than before.
void Queue::recall_overdue(int& budget) {
    if (deadlines_.empty()) return;
    const auto now = context_.clock.monotonic();
    for (; budget > 0; --budget) {
        const auto overdue = deadlines_.overdue(now);
        if (!overdue) return;
        const auto [level, lane, offset] = overdue->key;
        context_.mail.to(overdue->port->shard).recalls.push_back({overdue->port, overdue->key});
        settle_part(level, lane, {offset, offset + 1}, SettleAction::requeue, Logged::no);
    }
}

// What is out comes back, unless it did so too often.
void Queue::give_back(Level level, Lane lane, OffsetRange part) {
    if (!settings_->delivery_limit) return put_back(level, lane, part);
    for (Offset offset = part.begin; offset < part.end; offset = offset + 1) {
        const OffsetRange range{offset, offset + 1};
        if (failed_too_often(level, {lane, offset})) {
            end_out(level, lane, range, DeathReason::delivery_limit);
        } else {
            put_back(level, lane, range);
        }
    }
}

void Queue::put_back(Level level, Lane lane, OffsetRange part) {
    const int64_t count = levels_[level].put_back(lane, part);
    unsettled_ -= count;
    ready_ += count;
    top_ = std::max<size_t>(top_, level);
    if (weighs()) bytes_.put_back(level, lane, part);
}

bool Queue::failed_too_often(Level level, LanePosition position) const {
    return settings_->delivery_limit &&
           levels_[level].ledger(position.lane).deliveries(position.offset) >
               *settings_->delivery_limit;
}

bool Queue::is_too_long() const {
    const LengthLimit& limit = settings_->length;
    return limit.drops() && ready_ > 0 &&
           limit.is_exceeded_by(static_cast<uint64_t>(ready_), known_bytes());
}

// Nothing is too much as long as it is not known how much it is.
Bytes Queue::known_bytes() const {
    return bytes_.is_known() ? static_cast<Bytes>(std::max<int64_t>(bytes_.total(), 0)) : 0;
}

bool Queue::shorten(int& budget) {
    while (is_too_long() && budget > 0) {
        // Who can take it gets it first: no limit is for what is on its way through.
        if (delivering_ && consumers_.may_take()) return true;
        const Level level = highest_ready();
        const LanePosition position = levels_[level].head();
        FoundRecord found;
        const bool is_looked_at = weighs() || settings_->dead_letter;
        if (is_looked_at && !find(level, position, found)) return false;
        die(level, position, found, DeathReason::maxlen);
        --budget;
    }
    return true;
}

// What is in memory at once, the rest when it has been read.
void Queue::weigh_backlog() {
    int64_t in_memory = 0;
    std::vector<BacklogPart> stored;
    for (PriorityLevel& level : levels_) {
        in_memory += level.transient_ready_bytes();
        const DurableLane* lane = level.durable();
        if (lane == nullptr) continue;
        BacklogPart part{static_cast<Level>(&level - &levels_.front()), lane->log(), {}, {}};
        lane->ledger.ready().for_each([&](OffsetRange run) { part.ready.push_back(run); });
        lane->ledger.out().for_each([&](OffsetRange run) { part.out.push_back(run); });
        if (!part.ready.empty() || !part.out.empty()) stored.push_back(std::move(part));
    }
    const uint64_t number = bytes_.begin(in_memory);
    for (size_t level = 0; level < levels_.size(); ++level) {
        levels_[level].for_each_transient_out([&](Offset offset, size_t body) {
            bytes_.note_out({static_cast<Level>(level), Lane::transient, offset}, body);
        });
    }
    if (stored.empty()) return bytes_.found({}, {});
    context_.weigh(*this, number, std::move(stored));
}

void Queue::add_weight(uint64_t number, const BacklogWeight& weight) {
    if (closed_ || !bytes_.awaits(number)) return;
    // Something was settled, and gone from the disk, before it was weighed: once more.
    constexpr uint64_t kTriesMax = 4;
    if (!weight.complete && number % kTriesMax != 0) return weigh_backlog();
    bytes_.found(weight, [this](const RecordKey& key) {
        return levels_[key.level].ledger(key.lane).out().contains(key.offset);
    });
    update();
    context_.schedule(*this);
}

// Publishers that have to be refused have counted what they sent: it is not counted twice.
void Queue::report_occupancy() {
    const AdmittedRoom now{ready_, bytes_.total()};
    entry_->live.occupancy.adjust(now.messages - reported_.messages - admitted_.messages,
                                  now.bytes - reported_.bytes - admitted_.bytes);
    reported_ = now;
    admitted_ = {};
}

}  // namespace varve
