// The part of ModelRun that publishes.
#include "server/message/properties.h"
#include "tests/model/amqp/model_run.h"

namespace varve::model {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen

namespace {

std::string key_name(uint32_t choice) {
    static constexpr const char* kKeys[] = {"a", "b", "a.b", "q0", "q1", "q2"};
    return kKeys[choice % std::size(kKeys)];
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

}  // namespace

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
    tell(text(operation.at) + " ");
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

}  // namespace varve::model
