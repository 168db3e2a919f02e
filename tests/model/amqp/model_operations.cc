// The part of ModelRun that knows each operation: what is said, and what the model makes of it.
#include "tests/model/amqp/model_run.h"

namespace varve::model {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen
using Kind = OperationKind;

namespace {

// Mostly one that is there.
template <typename Map>
std::string one_of(const Map& there, uint32_t choice, const std::string& otherwise) {
    if (there.empty() || choice % 16 == 0) return otherwise;
    return std::next(there.begin(), static_cast<long>(choice / 16 % there.size()))->first;
}

}  // namespace

std::string ModelRun::some_queue(uint32_t choice) const {
    return one_of(model_.names(), choice, queue_name(choice / 16));
}

std::string ModelRun::some_exchange(uint32_t choice) const {
    return one_of(model_.exchanges(), choice, exchange_name(choice / 16));
}

ModelRun::Expected ModelRun::perform(const Operation& operation) {
    tell(text(operation.at) + " ");
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
