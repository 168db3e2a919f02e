// tx.*: publishes and settlements wait here for the commit, and become durable in one journal
// frame.
#include "server/amqp/channel_send.h"

namespace varve::amqp {

namespace {

PublishRequest request_of(const BufferedPublish& publish) {
    return {publish.exchange, publish.routing_key, publish.properties, publish.body};
}

Refusal not_transactional() {
    return {ReplyCode::precondition_failed, "channel is not transactional"};
}

}  // namespace

Outcome Channel::handle(const TxSelect& /*method*/) {
    if (publisher_)
        return Refusal{ReplyCode::precondition_failed, "cannot switch from confirm to tx mode"};
    if (!tx_) tx_ = std::make_unique<TransactionBuffer>();
    send(TxSelectOk{});
    return std::nullopt;
}

// What would be refused at the commit is refused now: a commit is all or nothing.
Outcome Channel::buffer(const AssembledPublish& publish) {
    const auto checked = connection_.broker().check_publish(
        connection_.session(),
        {publish.exchange, publish.routing_key, publish.properties, publish.body});
    if (!checked) return refusal_of(checked.error());
    tx_->size += publish.properties.size() + publish.body.size();
    if (tx_->size > kTransactionSizeMax) {
        return Refusal{ReplyCode::precondition_failed,
                       "transaction larger than " + std::to_string(kTransactionSizeMax) + " bytes"};
    }
    tx_->publishes.push_back({std::string(publish.exchange),
                              std::string(publish.routing_key),
                              std::string(publish.properties),
                              std::string(publish.body),
                              publish.mandatory});
    return std::nullopt;
}

Outcome Channel::handle(const TxCommit& method) {
    if (!tx_) return not_transactional();
    run(method.kId, commit(shared_from_this()));
    return std::nullopt;
}

Task<Outcome> Channel::commit(Self /*self*/) {
    // Until everything is at hand the transaction stays whole: if it is refused, or the channel
    // goes meanwhile, what it settles goes back.
    auto rejected = co_await connection_.broker().read_rejected(buffered_rejections(),
                                                                kTransactionSizeMax - tx_->size);
    if (closed_) co_return std::nullopt;
    if (!rejected) co_return refusal_of(rejected.error());
    if (Outcome refused = check_buffered()) co_return refused;
    // Up to the next wait this is one turn: everything goes into one transaction of the engine.
    const TransactionBuffer buffer = std::exchange(*tx_, {});
    if (Outcome refused = publish_buffered(buffer)) co_return refused;
    connection_.flush_settlements();
    for (const BufferedSettlement& settlement : buffer.settlements) {
        hand_back({settlement.record}, settlement.action);
    }
    auto& settlements = connection_.settlements();
    connection_.broker().settle_with_turn(settlements, *rejected);
    settlements.clear();
    const Result<void> durable = co_await connection_.broker().durable();
    if (!durable) co_return refusal_of(durable.error());
    send(TxCommitOk{});
    co_return std::nullopt;
}

std::vector<Settlement> Channel::buffered_rejections() {
    std::vector<Settlement> rejections;
    for (const auto& [record, action] : tx_->settlements) {
        const DeliverySource& source = sources_.at(record.source);
        if (action != SettleAction::reject || record.is_recalled || source.reading) continue;
        rejections.push_back(
            {source.queue, record.level, record.lane, {record.offset, record.offset + 1}, action});
    }
    return rejections;
}

// Exchanges may be others since, or gone.
Outcome Channel::check_buffered() const {
    for (const BufferedPublish& publish : tx_->publishes) {
        const auto checked =
            connection_.broker().check_publish(connection_.session(), request_of(publish));
        if (!checked) return refusal_of(checked.error());
    }
    return std::nullopt;
}

Outcome Channel::publish_buffered(const TransactionBuffer& buffer) {
    for (const BufferedPublish& publish : buffer.publishes) {
        const PublishRequest request = request_of(publish);
        const auto outcome = connection_.broker().publish(connection_.session(), request, nullptr);
        if (!outcome) return refusal_of(outcome.error());
        if (*outcome == PublishOutcome::unroutable && publish.mandatory) send_return(request);
    }
    return std::nullopt;
}

Outcome Channel::handle(const TxRollback& /*method*/) {
    if (!tx_) return not_transactional();
    std::vector<UnsettledRecord> taken;
    for (const BufferedSettlement& settlement : tx_->settlements)
        taken.push_back(settlement.record);
    unsettled_.put_back(taken);
    *tx_ = {};
    send(TxRollbackOk{});
    return std::nullopt;
}

}  // namespace varve::amqp
