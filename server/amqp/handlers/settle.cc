// basic.ack, basic.nack, basic.reject and basic.recover: what a client says of what it got.
#include "server/amqp/channel_send.h"

namespace varve::amqp {

Outcome Channel::handle(const BasicAck& method) {
    return settle({method.delivery_tag, method.multiple}, SettleAction::ack);
}

Outcome Channel::handle(const BasicNack& method) {
    return settle({method.delivery_tag, method.multiple},
                  method.requeue ? SettleAction::requeue : SettleAction::reject);
}

Outcome Channel::handle(const BasicReject& method) {
    return settle({method.delivery_tag, false},
                  method.requeue ? SettleAction::requeue : SettleAction::reject);
}

Outcome Channel::handle(const BasicRecover& method) {
    if (!method.requeue) return Refusal{ReplyCode::not_implemented, "requeue=false"};
    requeue_all();
    send(BasicRecoverOk{});
    return std::nullopt;
}

Outcome Channel::handle(const BasicRecoverAsync& method) {
    if (!method.requeue) return Refusal{ReplyCode::not_implemented, "requeue=false"};
    requeue_all();
    return std::nullopt;
}

Outcome Channel::settle(Tags tags, SettleAction action) {
    std::vector<UnsettledRecord>& taken = connection_.taken();
    taken.clear();
    const bool known =
        tags.multiple ? unsettled_.take_through(tags.tag, taken) : unsettled_.take(tags.tag, taken);
    if (!known)
        return Refusal{ReplyCode::precondition_failed,
                       "unknown delivery tag " + std::to_string(tags.tag)};
    if (action != SettleAction::ack) {
        if (Outcome refused = check_takes_back(taken)) {
            unsettled_.put_back(taken);
            return refused;
        }
    }
    if (tx_) {
        for (const UnsettledRecord& record : taken) tx_->settlements.push_back({record, action});
    } else {
        hand_back(taken, action);
    }
    return std::nullopt;
}

// Nothing goes back to a stream.
Outcome Channel::check_takes_back(const std::vector<UnsettledRecord>& records) {
    for (const UnsettledRecord& record : records) {
        const auto& reading = sources_.at(record.source).reading;
        if (!reading || reading->stream.empty()) continue;
        return Refusal{
            ReplyCode::not_implemented,
            "basic.nack and basic.reject not supported by stream queues " + reading->stream};
    }
    return std::nullopt;
}

void Channel::requeue_all() {
    std::vector<UnsettledRecord>& taken = connection_.taken();
    taken.clear();
    unsettled_.take_through(0, taken);
    hand_back(taken, SettleAction::requeue);
}

namespace {

// None where nothing is to be settled: the record is back in its queue, a reader without a cursor
// had it, or one with a cursor wants it again the next time.
std::optional<Settlement> settlement_of(const DeliverySource& source,
                                        const UnsettledRecord& record,
                                        SettleAction action) {
    if (record.is_recalled) return std::nullopt;
    Settlement settlement{
        source.queue, record.level, record.lane, {record.offset, record.offset + 1}, action};
    if (!source.reading) return settlement;
    settlement.cursor = source.reading->cursor;
    settlement.action = SettleAction::ack;
    if (settlement.cursor == kQueueCursor || action == SettleAction::requeue) return std::nullopt;
    return settlement;
}

bool extends(const Settlement& settlement, const Settlement& next) {
    return settlement.range.end == next.range.begin && settlement.level == next.level &&
           settlement.lane == next.lane && settlement.action == next.action &&
           settlement.queue == next.queue && settlement.cursor == next.cursor;
}

}  // namespace

// Neighbours of one queue become one settlement; credit is given back once for each run of one
// consumer.
void Channel::hand_back(const std::vector<UnsettledRecord>& records, SettleAction action) {
    std::vector<Settlement>& settlements = connection_.settlements();
    for (size_t begin = 0; begin < records.size();) {
        const SourceIndex source_index = records[begin].source;
        DeliverySource& source = sources_.at(source_index);
        size_t end = begin;
        bool is_told = true;  // by a settlement, that credit is back
        for (; end < records.size() && records[end].source == source_index; ++end) {
            const auto settlement = settlement_of(source, records[end], action);
            if (!settlement)
                is_told = false;
            else if (!settlements.empty() && extends(settlements.back(), *settlement))
                settlements.back().range.end = settlement->range.end;
            else
                settlements.push_back(*settlement);
        }
        const auto count = static_cast<uint32_t>(end - begin);
        if (source.consumer_credit) {
            source.consumer_credit->give_back(count);
            if (channel_credit_) channel_credit_->give_back(count);
        }
        if (!is_told) connection_.broker().poke(source.queue);
        sources_.settled(source_index, count);
        begin = end;
    }
    credit_changed();
}

void Channel::recall(SourceIndex source, const RecordKey& key) {
    if (unsettled_.recall(source, key) || !tx_) return;
    for (BufferedSettlement& settlement : tx_->settlements) {
        UnsettledRecord& record = settlement.record;
        if (record.is_of(source, key)) record.is_recalled = true;
    }
}

}  // namespace varve::amqp
