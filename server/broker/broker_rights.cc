// What a session's user may do, asked at the shard's door before anything is looked up.
#include "server/broker/broker_parts.h"
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/resource.h"
#include "server/message/field_table.h"

namespace varve {

namespace {

// The exchange that a declaration's argument names, if it does.
std::optional<std::string> exchange_in(const std::string& arguments, std::string_view argument) {
    const auto field = amqp::find_field(arguments, argument);
    if (!field) return std::nullopt;
    const auto value = amqp::FieldValue::decode(*field);
    if (!value || !value->as_string()) return std::nullopt;  // refused when it is parsed
    return std::string(*value->as_string());
}

bool is_topic(const Vhost& vhost, std::string_view exchange) {
    const Exchange* found = vhost.find_exchange(exchange);
    return found != nullptr && found->spec().type == &kTopicExchange;
}

}  // namespace

void BrokerShard::Parts::set_accounts(AccountsRef now) {
    accounts = std::move(now);
    std::erase_if(accounts_subscriptions,
                  [](const auto& subscription) { return subscription.expired(); });
    const auto subscriptions = accounts_subscriptions;  // a handler may add one
    for (const auto& weak : subscriptions) {
        if (const auto subscription = weak.lock()) (*subscription)();
    }
}

Result<void> BrokerShard::Parts::allow(const SessionContext& session,
                                       Right right,
                                       const Resource& resource) const {
    if (session.rights == nullptr) return ok();
    return session.rights->check(*accounts, right, resource);
}

Result<void> BrokerShard::Parts::allow_any(const SessionContext& session,
                                           const Resource& resource) const {
    if (session.rights == nullptr) return ok();
    return session.rights->check_any(*accounts, resource);
}

Result<void> BrokerShard::Parts::allow_replay(const SessionContext& session,
                                              const QueueEntry& queue) const {
    const bool refused = session.rights != nullptr && !queue.spec.is_stream() &&
                         session.rights->has_tag(*accounts, kNoReplayTag);
    if (!refused) return ok();
    return Error{ErrorCode::access_refused,
                 "access to the past of " + queue_text(queue.name, queue.vhost) +
                     " refused for user '" + session.user + "'"};
}

// An alternate exchange gets what its source has read.
Result<void> BrokerShard::Parts::allow_declare(const SessionContext& session,
                                               const ExchangeDeclaration& declaration) const {
    if (session.rights == nullptr) return ok();
    const Resource exchange{ResourceKind::exchange, declaration.name};
    VARVE_TRY(allow(session, Right::configure, exchange));
    if (session.vhost->find_exchange(declaration.name) != nullptr) return ok();
    const auto alternate = exchange_in(declaration.arguments, "alternate-exchange");
    if (!alternate) return ok();
    VARVE_TRY(allow(session, Right::read, exchange));
    return allow(session, Right::write, {ResourceKind::exchange, *alternate});
}

// A dead-letter exchange gets what was in the queue. In a relaxed vhost a queue that is there may
// get another one.
Result<void> BrokerShard::Parts::allow_declare(const SessionContext& session,
                                               const QueueDeclaration& declaration) const {
    if (session.rights == nullptr) return ok();
    const Resource queue{ResourceKind::queue, declaration.name};
    VARVE_TRY(allow(session, Right::configure, queue));
    const VhostFacts* vhost = accounts->find_vhost(session.vhost_name);
    const bool fixed = vhost == nullptr || !vhost->relaxed_redeclare;
    if (fixed && session.vhost->find_queue(declaration.name) != nullptr) return ok();
    const auto target = exchange_in(declaration.arguments, "x-dead-letter-exchange");
    if (!target) return ok();
    VARVE_TRY(allow(session, Right::read, queue));
    return allow(session, Right::write, {ResourceKind::exchange, *target});
}

// Binding and unbinding take a right at either end, and one for the key.
Result<void> BrokerShard::Parts::allow_binding(const SessionContext& session,
                                               const BindingDeclaration& binding) const {
    if (session.rights == nullptr) return ok();
    const auto kind = binding.target == BindingDeclaration::Target::queue ? ResourceKind::queue
                                                                          : ResourceKind::exchange;
    VARVE_TRY(allow(session, Right::write, {kind, binding.destination}));
    VARVE_TRY(allow(session, Right::read, {ResourceKind::exchange, binding.source}));
    if (!is_topic(*session.vhost, binding.source)) return ok();
    return session.rights->check_topic(*accounts, Right::read, binding.source, binding.routing_key);
}

Result<void> BrokerShard::Parts::allow_publish(const SessionContext& session,
                                               ByteView exchange,
                                               ByteView routing_key) const {
    if (session.rights == nullptr) return ok();
    SessionRights& rights = *session.rights;
    const SessionRights::Publishing may = rights.publishing(*accounts, exchange);
    if (!may.allowed) [[unlikely]]
        return rights.refusal({ResourceKind::exchange, exchange});
    if (!may.limited) [[likely]]
        return ok();
    if (!is_topic(*session.vhost, exchange)) return ok();
    return rights.check_key(*accounts, exchange, routing_key);
}

Administration& BrokerShard::administration() { return *parts_->administration; }

bool BrokerShard::may_impersonate(const SessionContext& session) const {
    return session.rights == nullptr || session.rights->has_tag(*parts_->accounts, "impersonator");
}

}  // namespace varve
