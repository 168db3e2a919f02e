// exchange.*
#include "server/amqp/channel_send.h"
#include "server/amqp/handlers/arguments.h"

namespace varve::amqp {

namespace {

template <typename Method>
BindingDeclaration binding_of(const Method& method) {
    BindingDeclaration binding;
    binding.source = method.source;
    binding.target = BindingDeclaration::Target::exchange;
    binding.destination = method.destination;
    binding.routing_key = method.routing_key;
    binding.arguments = method.arguments;
    return binding;
}

}  // namespace

Outcome Channel::handle(const ExchangeDeclare& method) {
    if (method.passive) {
        const auto found = connection_.broker().check_exchange(connection_.session(),
                                                               std::string(method.exchange));
        if (found && !method.no_wait) send(ExchangeDeclareOk{});
        return outcome_of(found);
    }
    if (Outcome wrong = check_arguments(method.arguments)) return wrong;
    ExchangeDeclaration declaration;
    declaration.name = method.exchange;
    declaration.type = method.type;
    declaration.durable = method.durable;
    declaration.auto_delete = method.auto_delete;
    declaration.internal = method.internal;
    declaration.arguments = method.arguments;
    const bool no_wait = method.no_wait;
    return answer_when_done<ExchangeDeclareOk>(
        method.kId,
        no_wait,
        connection_.broker().declare_exchange(connection_.session(), std::move(declaration)));
}

Outcome Channel::handle(const ExchangeDelete& method) {
    return answer_when_done<ExchangeDeleteOk>(
        method.kId,
        method.no_wait,
        connection_.broker().delete_exchange(
            connection_.session(), std::string(method.exchange), method.if_unused));
}

Outcome Channel::handle(const ExchangeBind& method) {
    if (Outcome wrong = check_arguments(method.arguments)) return wrong;
    return answer_when_done<ExchangeBindOk>(
        method.kId,
        method.no_wait,
        connection_.broker().bind(connection_.session(), binding_of(method)));
}

Outcome Channel::handle(const ExchangeUnbind& method) {
    if (Outcome wrong = check_arguments(method.arguments)) return wrong;
    return answer_when_done<ExchangeUnbindOk>(
        method.kId,
        method.no_wait,
        connection_.broker().unbind(connection_.session(), binding_of(method)));
}

}  // namespace varve::amqp
