#include "tools/load/topology.h"

namespace varve::load {

namespace {

Result<void> declare_queue(Client& client,
                           const Options& options,
                           const std::string& name,
                           Backlog backlog) {
    const std::string arguments = options.queue_arguments.encode();
    auto declared =
        client.call(amqp::QueueDeclare{.queue = name, .durable = true, .arguments = arguments});
    if (!declared)
        return Error{declared.error().code, "queue " + name + ": " + declared.error().detail};
    if (declared->message_count == 0 || backlog == Backlog::expected) return ok();
    if (!options.purge) {
        return Error{
            ErrorCode::precondition,
            "queue " + name + " holds " + std::to_string(declared->message_count) +
                " messages already: --purge drops them, --queue-pattern takes other queues"};
    }
    VARVE_TRY(client.call(amqp::QueuePurge{.queue = name}));
    return ok();
}

}  // namespace

Result<void> declare_topology(Client& client, const Options& options, Backlog backlog) {
    const bool fanout = options.exchange == ExchangeMode::fanout;
    if (fanout) {
        VARVE_TRY(client.call(amqp::ExchangeDeclare{
            .exchange = options.exchange_name, .type = "fanout", .durable = true}));
    }
    for (uint32_t queue = 0; queue < options.queues; ++queue) {
        const std::string name = options.queue_name(queue);
        VARVE_TRY(declare_queue(client, options, name, backlog));
        if (fanout) {
            VARVE_TRY(
                client.call(amqp::QueueBind{.queue = name, .exchange = options.exchange_name}));
        }
    }
    return ok();
}

Result<void> delete_topology(Client& client, const Options& options) {
    for (uint32_t queue = 0; queue < options.queues; ++queue) {
        const std::string name = options.queue_name(queue);
        VARVE_TRY(client.call(amqp::QueueDelete{.queue = name}));
    }
    if (options.exchange == ExchangeMode::fanout) {
        VARVE_TRY(client.call(amqp::ExchangeDelete{.exchange = options.exchange_name}));
    }
    return ok();
}

}  // namespace varve::load
