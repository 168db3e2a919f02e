// The part of ModelRun that declares, binds and deletes.
#include "tests/model/amqp/model_run.h"

namespace varve::model {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen
using Kind = OperationKind;

namespace {

std::string pattern_name(uint32_t choice) {
    static constexpr const char* kPatterns[] = {"a", "b", "#", "*.b", "a.#", "*"};
    return kPatterns[choice % std::size(kPatterns)];
}

}  // namespace

ModelRun::Expected ModelRun::declare_queue(const Operation& operation) {
    const std::string name = queue_name(operation.choice(0, 4));
    const auto& kinds = queue_kinds();
    // Mostly what is there, if it is.
    const bool again = model_.has_queue(name) && !operation.one_in(2, 4);
    const QueueKind kind = again ? model_.queue(name).kind
                                 : kinds[operation.choice(1, static_cast<uint32_t>(kinds.size()))];
    tell("declare " + name + " (" + kind.text + ")");
    const std::string arguments = kind.arguments().encode();
    say(operation.at,
        QueueDeclare{
            name, false, kind.durable, kind.exclusive, kind.auto_delete, false, arguments});
    const auto counted = model_.declare_queue(operation.at.connection, name, kind);
    return answer(operation.at,
                  counted.code,
                  "queue.declare-ok " + name + " " + std::to_string(counted.ready) + " " +
                      std::to_string(counted.consumers));
}

ModelRun::Expected ModelRun::bind(const Operation& operation) {
    const std::string source = some_exchange(operation.choices[0]);
    ModelBinding binding{.to_queue = !operation.one_in(1, 4),
                         .key = pattern_name(operation.choice(3, 100))};
    binding.destination =
        binding.to_queue ? some_queue(operation.choices[2]) : some_exchange(operation.choices[2]);
    binding.header = static_cast<int>(operation.choice(4, 3));
    const std::string arguments = binding.arguments().encode();
    const bool binds = operation.kind == Kind::bind;
    tell((binds ? "bind " : "unbind ") + source + " to " + binding.destination + " by " +
         binding.key + ", header " + std::to_string(binding.header));
    const auto& at = operation.at;
    int code = 0;
    std::string answered = binding.to_queue ? "queue." : "exchange.";
    answered += binds ? "bind-ok" : "unbind-ok";
    if (binds && binding.to_queue)
        say(at, QueueBind{binding.destination, source, binding.key, false, arguments});
    else if (binds)
        say(at, ExchangeBind{binding.destination, source, binding.key, false, arguments});
    else if (binding.to_queue)
        say(at, QueueUnbind{binding.destination, source, binding.key, arguments});
    else
        say(at, ExchangeUnbind{binding.destination, source, binding.key, false, arguments});
    code = binds ? model_.bind(at.connection, source, binding)
                 : model_.unbind(at.connection, source, binding);
    return answer(at, code, answered);
}

ModelRun::Expected ModelRun::perform_topology(const Operation& operation) {
    const ChannelAddress at = operation.at;
    const std::string queue = some_queue(operation.choices[0]);
    const std::string exchange = some_exchange(operation.choices[0]);
    switch (operation.kind) {
        case Kind::declare_queue:
            return declare_queue(operation);
        case Kind::check_queue: {
            tell("check " + queue);
            say(at, QueueDeclare{.queue = queue, .passive = true});
            const auto counted = model_.check_queue(at.connection, queue);
            return answer(at,
                          counted.code,
                          "queue.declare-ok " + queue + " " + std::to_string(counted.ready) + " " +
                              std::to_string(counted.consumers));
        }
        case Kind::delete_queue: {
            const bool unused = operation.one_in(1, 3);
            const bool empty = operation.one_in(2, 3);
            tell("delete " + queue + (unused ? " if unused" : "") + (empty ? " if empty" : ""));
            say(at, QueueDelete{queue, unused, empty, false});
            const auto counted = model_.delete_queue(at.connection, queue, unused, empty);
            return answer(at, counted.code, "queue.delete-ok " + std::to_string(counted.ready));
        }
        case Kind::purge: {
            tell("purge " + queue);
            say(at, QueuePurge{queue, false});
            const auto counted = model_.purge(at.connection, queue);
            return answer(at, counted.code, "queue.purge-ok " + std::to_string(counted.ready));
        }
        case Kind::declare_exchange: {
            const auto& kinds = exchange_kinds();
            const std::string name = exchange_name(operation.choice(0, 3));
            const auto& kind = kinds[operation.choice(1, static_cast<uint32_t>(kinds.size()))];
            tell("declare exchange " + name + " (" + kind.type + ")");
            const std::string arguments = kind.arguments().encode();
            say(at,
                ExchangeDeclare{name,
                                kind.type,
                                false,
                                kind.durable,
                                kind.auto_delete,
                                kind.internal,
                                false,
                                arguments});
            return answer(at, model_.declare_exchange(name, kind), "exchange.declare-ok");
        }
        case Kind::delete_exchange: {
            const bool unused = operation.one_in(1, 2);
            tell("delete exchange " + exchange);
            say(at, ExchangeDelete{exchange, unused, false});
            return answer(at, model_.delete_exchange(exchange, unused), "exchange.delete-ok");
        }
        default:
            return bind(operation);
    }
}

}  // namespace varve::model
