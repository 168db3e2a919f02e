// The part of ModelRun that knows each operation: what is said, and what the model makes of it.
#include "server/message/properties.h"
#include "tests/model/amqp/model_run.h"

namespace varve::model {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen
using Kind = OperationKind;

namespace {

std::string queue_name(uint32_t choice) { return "q" + std::to_string(choice % 4); }
std::string exchange_name(uint32_t choice) { return "x" + std::to_string(choice % 3); }

// Mostly one that is there.
template <typename Map>
std::string one_of(const Map& there, uint32_t choice, const std::string& otherwise) {
    if (there.empty() || choice % 16 == 0) return otherwise;
    return std::next(there.begin(), static_cast<long>(choice / 16 % there.size()))->first;
}

std::string key_name(uint32_t choice) {
    static constexpr const char* kKeys[] = {"a", "b", "a.b", "q0", "q1", "q2"};
    return kKeys[choice % std::size(kKeys)];
}

std::string pattern_name(uint32_t choice) {
    static constexpr const char* kPatterns[] = {"a", "b", "#", "*.b", "a.#", "*"};
    return kPatterns[choice % std::size(kPatterns)];
}

std::string properties_of(const ModelMessage& message) {
    PropertiesBuilder builder;
    builder.delivery_mode(message.persistent ? kPersistent : kTransient);
    builder.priority(message.priority);
    if (message.expiration) builder.text(Property::expiration, std::to_string(*message.expiration));
    FieldTable headers;
    if (message.header != 0) headers.set("k", FieldValue::integer(message.header));
    if (message.keys.size() > 1) {
        FieldArray more;
        for (size_t i = 1; i < message.keys.size(); ++i)
            more.push_back(FieldValue::string(message.keys[i]));
        headers.set("CC", {std::move(more)});
    }
    if (!headers.empty()) builder.headers(headers.encode());
    return builder.encode();
}

std::string text(ChannelAddress at) {
    return std::to_string(at.connection) + "." + std::to_string(at.channel) + " ";
}

}  // namespace

std::string ModelRun::some_queue(uint32_t choice) const {
    return one_of(model_.names(), choice, queue_name(choice / 16));
}

std::string ModelRun::some_exchange(uint32_t choice) const {
    return one_of(model_.exchanges(), choice, exchange_name(choice / 16));
}

ModelRun::Expected ModelRun::perform(const Operation& operation) {
    tell(text(operation.at));
    switch (operation.kind) {
        case Kind::publish:
            return publish(operation);
        case Kind::get:
        case Kind::consume:
        case Kind::cancel:
            return perform_consuming(operation);
        case Kind::qos:
            return qos(operation);
        case Kind::ack:
        case Kind::nack:
        case Kind::reject:
        case Kind::recover:
            // What is not out is settled now and then only.
            if (model_.channel(operation.at).out.empty() && !operation.one_in(0, 20))
                return perform_consuming(operation);
            return perform_settling(operation);
        case Kind::confirm_select:
        case Kind::tx_select:
        case Kind::tx_commit:
        case Kind::tx_rollback:
            return perform_transaction(operation);
        case Kind::close_channel:
        case Kind::close_connection:
        case Kind::hang_up:
            return perform_end(operation);
        default:
            return perform_topology(operation);
    }
}

// ---- topology

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

// ---- publishing

ModelMessage ModelRun::message(const Operation& operation) {
    ModelMessage message{.number = next_number_++};
    message.persistent = !operation.one_in(2, 3);
    message.priority = static_cast<uint8_t>(operation.choice(3, 4));
    if (operation.one_in(4, 6)) message.expiration = operation.choice(4, 20) / 6 * 4;
    message.header = static_cast<int>(operation.choice(5, 3));
    if (operation.one_in(0, 3)) {
        message.exchange = some_exchange(operation.choices[1]);
        message.keys = {key_name(operation.choice(6, 6))};
    } else {
        message.keys = {some_queue(operation.choices[1])};
    }
    if (operation.one_in(7, 8)) message.keys.push_back(queue_name(operation.choice(6, 4)));
    return message;
}

int ModelRun::send(ChannelAddress at, const ModelMessage& message, bool mandatory) {
    tell("publish " + std::to_string(message.number) + " to '" + message.exchange + "' by " +
         message.keys.front() + (message.keys.size() > 1 ? " and " + message.keys[1] : "") +
         (message.persistent ? "" : ", transient") + ", priority " +
         std::to_string(message.priority) +
         (message.expiration ? ", expiration " + std::to_string(*message.expiration) : "") +
         (mandatory ? ", mandatory" : "") + "; ");
    clients_[at.connection]->wire().publish(
        at.channel,
        {message.exchange, message.keys.front(), mandatory, false},
        std::to_string(message.number),
        properties_of(message));
    return model_.publish(at, message, mandatory);
}

ModelRun::Expected ModelRun::publish(const Operation& operation) {
    const int code = send(operation.at, message(operation), operation.one_in(6, 3));
    if (code == 0) return {};
    return answer(operation.at, code, "");
}

// Without waiting for each, but where that would leave open what has to happen.
void ModelRun::publish_many(const Operation& operation) {
    tell(text(operation.at));
    int code = 0;
    for (uint32_t i = 0; i < 2 + operation.choice(7, 4) && code == 0; ++i) {
        Operation one = operation;
        one.choices[2] += i;
        one.choices[3] += i;
        const ModelMessage next = message(one);
        code = send(operation.at, next, false);
        if (code == 0 && model_.is_delicate(next)) {
            settle_down({});
            model_.begin_step();
        }
        if (!difference_.empty()) return;
    }
    settle_down(code == 0 ? Expected{} : answer(operation.at, code, ""));
}

// ---- consuming

ModelRun::Expected ModelRun::perform_consuming(const Operation& operation) {
    const ChannelAddress at = operation.at;
    const std::string queue = some_queue(operation.choices[0]);
    if (operation.kind == Kind::cancel) {
        // One of the channel's own, or one that is not there.
        std::string tag = "none";
        for (const auto& [name, id] : model_.names()) {
            for (const ModelConsumer& consumer : model_.queue(name).consumers) {
                if (consumer.at == at && (tag == "none" || operation.one_in(1, 2)))
                    tag = consumer.tag;
            }
        }
        tell("cancel " + tag);
        say(at, BasicCancel{tag, false});
        model_.cancel(at, tag);
        return {.answers = {"basic.cancel-ok"}};
    }
    if (operation.kind == Kind::get) {
        const bool no_ack = operation.one_in(1, 3);
        tell("get from " + queue + (no_ack ? ", no ack" : ""));
        say(at, BasicGet{queue, no_ack});
        const int code = model_.get(at, queue);
        if (code != 0) return answer(at, code, "");
        return {.got = true, .got_no_ack = no_ack};
    }
    ModelConsumer consumer{.at = at,
                           .tag = "c" + std::to_string(next_consumer_++),
                           .no_ack = operation.one_in(1, 4),
                           .exclusive = operation.one_in(2, 8),
                           .priority = static_cast<int>(operation.choice(3, 3)) - 1};
    tell("consume from " + queue + " as " + consumer.tag + (consumer.no_ack ? ", no ack" : "") +
         (consumer.exclusive ? ", exclusive" : "") + ", priority " +
         std::to_string(consumer.priority));
    const std::string arguments =
        FieldTable{{"x-priority", FieldValue::integer(consumer.priority)}}.encode();
    say(at,
        BasicConsume{
            queue, consumer.tag, false, consumer.no_ack, consumer.exclusive, false, arguments});
    return answer(at, model_.consume(queue, consumer), "basic.consume-ok");
}

ModelRun::Expected ModelRun::qos(const Operation& operation) {
    const bool global = operation.one_in(0, 2);
    const auto count = static_cast<uint16_t>(operation.choice(1, 4));
    tell("qos " + std::to_string(count) + (global ? ", all" : ""));
    say(operation.at, BasicQos{0, count, global});
    ModelChannel& channel = model_.channel(operation.at);
    (global ? channel.prefetch_all : channel.prefetch) = count;
    return {.answers = {"basic.qos-ok"}};
}

// ---- settling

ModelRun::Expected ModelRun::perform_settling(const Operation& operation) {
    const ChannelAddress at = operation.at;
    const ModelChannel& channel = model_.channel(at);
    if (operation.kind == Kind::recover) {
        tell("recover");
        say(at, BasicRecover{true});
        model_.recover(at);
        return {.answers = {"basic.recover-ok"}};
    }
    uint64_t tag = 77;  // not out
    if (!channel.out.empty() && !operation.one_in(0, 20)) {
        auto out = channel.out.begin();
        std::advance(out, operation.choice(1, static_cast<uint32_t>(channel.out.size())));
        tag = out->first;
    }
    const bool multiple = operation.kind != Kind::reject && operation.one_in(2, 3);
    if (multiple && operation.one_in(3, 3)) tag = 0;
    const bool requeue = !operation.one_in(4, 3);
    const std::string what = std::to_string(tag) + (multiple ? " and before" : "");
    int code = 0;
    if (operation.kind == Kind::ack) {
        tell("ack " + what);
        say(at, BasicAck{tag, multiple});
        code = model_.settle(at, tag, multiple, Settling::ack);
    } else {
        tell((requeue ? "requeue " : "reject ") + what);
        if (operation.kind == Kind::nack)
            say(at, BasicNack{tag, multiple, requeue});
        else
            say(at, BasicReject{tag, requeue});
        code = model_.settle(at, tag, multiple, requeue ? Settling::requeue : Settling::reject);
    }
    return code == 0 ? Expected{} : answer(at, code, "");
}

ModelRun::Expected ModelRun::perform_transaction(const Operation& operation) {
    const ChannelAddress at = operation.at;
    ModelChannel& channel = model_.channel(at);
    switch (operation.kind) {
        case Kind::confirm_select:
            tell("confirm.select");
            say(at, ConfirmSelect{false});
            if (channel.transactional) return answer(at, 406, "");
            channel.confirms = true;
            return {.answers = {"confirm.select-ok"}};
        case Kind::tx_select:
            tell("tx.select");
            say(at, TxSelect{});
            if (channel.confirms) return answer(at, 406, "");
            channel.transactional = true;
            return {.answers = {"tx.select-ok"}};
        case Kind::tx_commit:
            tell("tx.commit");
            say(at, TxCommit{});
            return answer(at, model_.commit(at), "tx.commit-ok");
        default:
            tell("tx.rollback");
            say(at, TxRollback{});
            if (!channel.transactional) return answer(at, 406, "");
            model_.rollback(at);
            return {.answers = {"tx.rollback-ok"}};
    }
}

// ---- ends

ModelRun::Expected ModelRun::perform_end(const Operation& operation) {
    const ChannelAddress at = operation.at;
    if (operation.kind == Kind::close_channel) {
        tell("close");
        say(at, ChannelClose{200, "bye", 0, 0});
        model_.close(at);
        return {.answers = {"channel.close-ok"}};
    }
    auto& client = clients_[at.connection];
    model_.close_connection(at.connection);
    if (operation.kind == Kind::close_connection) {
        tell("close the connection");
        client->send(0, ConnectionClose{200, "bye", 0, 0});
        return {.answers = {"connection.close-ok"}};
    }
    tell("hang up");
    client->wire().reset();
    client.reset();
    return {};
}

}  // namespace varve::model
