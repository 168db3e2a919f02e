// The part of Queue that ends what is not consumed: too old, too much, failed too often, rejected.
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
           limit.is_exceeded_by(static_cast<uint64_t>(ready_), static_cast<Bytes>(bytes_.total()));
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

// From what the log knows of itself. Rather too little than too much: what fits must not be
// dropped.
void Queue::weigh_backlog() {
    // What a record takes besides its body: its header, and names and properties of a usual length.
    constexpr int64_t kOverhead = 100;
    bytes_.clear();
    for (PriorityLevel& level : levels_) {
        bytes_.add(level.transient_ready_bytes());
        if (level.durable() == nullptr) continue;
        const Log& log = *level.durable()->log();
        int64_t readable = log.range().count();
        for (const OffsetRange hole : log.holes()) readable -= hole.count();
        if (readable <= 0) continue;
        const int64_t average = static_cast<int64_t>(log.size()) / readable - kOverhead;
        bytes_.add(std::max<int64_t>(average, 0) * level.durable()->ledger.ready().count());
    }
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
