#include "tests/model/amqp/model_client.h"

#include "server/message/field_table.h"

namespace varve::model {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen

namespace {

constexpr uint16_t kQuestions = 9;  // a channel that no operation uses
constexpr std::chrono::seconds kPatience(10);

std::string text(const Method& method) {
    if (const auto* ok = std::get_if<QueueDeclareOk>(&method))
        return "queue.declare-ok " + std::string(ok->queue) + " " +
               std::to_string(ok->message_count) + " " + std::to_string(ok->consumer_count);
    if (const auto* ok = std::get_if<QueueDeleteOk>(&method))
        return "queue.delete-ok " + std::to_string(ok->message_count);
    if (const auto* ok = std::get_if<QueuePurgeOk>(&method))
        return "queue.purge-ok " + std::to_string(ok->message_count);
    if (const auto* close = std::get_if<ChannelClose>(&method))
        return "channel.close " + std::to_string(close->reply_code);
    if (const auto* close = std::get_if<ConnectionClose>(&method))
        return "connection.close " + std::to_string(close->reply_code);
    return std::string(method_name(
        std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kId; }, method)));
}

}  // namespace

// The first one understands basic.cancel from a server, the second one does not.
ModelClient::ModelClient(size_t number, FileDescriptor socket)
    : number_(number), wire_(std::move(socket)) {
    const FieldTable properties{
        {"capabilities",
         {FieldTable{{"consumer_cancel_notify", FieldValue::boolean(number == 0)}}}}};
    wire_.say_login(properties.encode());
    wire_.send(kQuestions, ChannelOpen{});
    Seen opening;
    hear(opening);
}

std::string ModelClient::hear(Seen& seen) {
    answered_ = false;
    if (!closed_) wire_.send(kQuestions, ChannelFlow{true});
    do {
        wire_.read_ready();
        for (const ServerSaid& said : wire_.take()) note(said, seen);
        if (!wire_.fault().empty()) return wire_.fault();
        if (answered_ || closed_ || wire_.has_ended()) return "";
    } while (wire_.wait_readable(kPatience));
    return "no answer for a long time";
}

void ModelClient::note(const ServerSaid& said, Seen& seen) {
    const Method method = said.method();
    if (note_message(said, method, seen)) return;
    if (std::holds_alternative<ConnectionClose>(method)) {
        closed_ = true;
        wire_.send(0, ConnectionCloseOk{});
    }
    if (std::holds_alternative<ConnectionCloseOk>(method)) closed_ = true;
    if (std::holds_alternative<ChannelClose>(method)) wire_.send(said.channel, ChannelCloseOk{});
    if (said.channel == kQuestions) {
        answered_ = answered_ || std::holds_alternative<ChannelFlowOk>(method);
        return;
    }
    const bool is_login = std::holds_alternative<ConnectionStart>(method) ||
                          std::holds_alternative<ConnectionTune>(method) ||
                          std::holds_alternative<ConnectionOpenOk>(method);
    if (!is_login) seen.answers[{number_, said.channel}].push_back(text(method));
}

bool ModelClient::note_message(const ServerSaid& said, const Method& method, Seen& seen) const {
    const ChannelAddress at{number_, said.channel};
    const auto number = [&] { return std::stoi(said.body); };
    if (const auto* deliver = std::get_if<BasicDeliver>(&method)) {
        seen.deliveries.push_back({at,
                                   std::string(deliver->consumer_tag),
                                   deliver->delivery_tag,
                                   deliver->redelivered,
                                   number(),
                                   0,
                                   std::string(deliver->exchange),
                                   std::string(deliver->routing_key)});
    } else if (const auto* got = std::get_if<BasicGetOk>(&method)) {
        seen.deliveries.push_back({at,
                                   "",
                                   got->delivery_tag,
                                   got->redelivered,
                                   number(),
                                   got->message_count,
                                   std::string(got->exchange),
                                   std::string(got->routing_key)});
    } else if (const auto* ack = std::get_if<BasicAck>(&method)) {
        seen.confirms.push_back({at, ack->delivery_tag, ack->multiple, true});
    } else if (const auto* nack = std::get_if<BasicNack>(&method)) {
        seen.confirms.push_back({at, nack->delivery_tag, nack->multiple, false});
    } else if (const auto* cancel = std::get_if<BasicCancel>(&method)) {
        seen.cancelled.emplace(at, cancel->consumer_tag);
    } else if (std::holds_alternative<BasicReturn>(method)) {
        seen.returned[at].push_back(number());
    } else {
        return false;
    }
    return true;
}

}  // namespace varve::model
