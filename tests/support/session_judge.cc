#include "tests/support/session_judge.h"

#include "server/message/properties.h"

namespace varve {

using namespace amqp;  // NOLINT(google-build-using-namespace): its methods, by the dozen

namespace {

MethodId id_of(const Method& method) {
    return std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kId; }, method);
}

bool has_content(const Method& method) {
    return std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kHasContent; }, method);
}

std::string name(const Method& method) { return std::string(method_name(id_of(method))); }

// What answers it; none if nothing does.
std::optional<MethodId> answer_of(const Method& method) {
    return std::visit(
        [](const auto& m) -> std::optional<MethodId> {
            using M = std::decay_t<decltype(m)>;
            if constexpr (requires { m.no_wait; }) {
                if (m.no_wait) return std::nullopt;
            }
            if constexpr (std::is_same_v<M, ConnectionStartOk>)
                return ConnectionTune::kId;
            else if constexpr (std::is_same_v<M, BasicGet>)
                return BasicGetOk::kId;
            else if constexpr (requires { typename M::Reply; })
                return M::Reply::kId;
            else
                return std::nullopt;
        },
        method);
}

}  // namespace

// ---- the client's side

void SessionJudge::client_sends(ByteView bytes) {
    if (!understands_client_) return;
    unread_.append(bytes);
    ByteView input(unread_);
    for (;;) {
        const FrameEvent event = reader_.next(input);
        if (std::holds_alternative<NeedMore>(event)) break;
        if (std::holds_alternative<ProtocolHeader>(event)) continue;
        const Frame* frame = std::get_if<Frame>(&event);
        if (frame == nullptr) {
            understands_client_ = false;
            return;
        }
        if (frame->type != FrameType::method) continue;
        const auto method = decode_method(frame->payload);
        if (method) note(frame->channel, *method);
    }
    unread_.erase(0, unread_.size() - input.size());
}

void SessionJudge::note(uint16_t number, const Method& method) {
    Channel& channel = channels_[number];
    const bool ends_closing = std::holds_alternative<ChannelCloseOk>(method) ||
                              std::holds_alternative<ChannelClose>(method);
    if (channel.discards && !ends_closing) return;
    channel.discards = false;
    if (const auto* publish = std::get_if<BasicPublish>(&method)) {
        ++channel.published;
        if (publish->mandatory) ++channel.mandatory;
    }
    if (const auto* consume = std::get_if<BasicConsume>(&method)) note_consume(channel, *consume);
    const auto answer = answer_of(method);
    if (answer || ends_closing) channel.requests.push_back({id_of(method), answer});
}

void SessionJudge::note_consume(Channel& channel, const BasicConsume& consume) {
    if (!consume.no_wait) return;
    if (consume.consumer_tag.empty())
        channel.consumers.any = true;
    else
        channel.consumers.unasked.emplace(consume.consumer_tag);
}

// ---- the server's side

std::string SessionJudge::judge(const Frame& frame) {
    if (frame.type == FrameType::heartbeat)
        return frame.channel == 0 ? "" : "a heartbeat on a channel";
    Channel& channel = channels_[frame.channel];
    if (channel.content.is_due() || frame.type != FrameType::method)
        return judge_content(channel, frame);
    const auto method = decode_method(frame.payload);
    if (!method) return "a method that does not decode: " + method.error().detail;
    std::string fault =
        frame.channel == 0 ? judge_connection(*method) : judge_channel(frame.channel, *method);
    if (fault.empty() && has_content(*method)) channel.content.header_due = true;
    return fault;
}

std::string SessionJudge::judge_content(Channel& channel, const Frame& frame) {
    Content& content = channel.content;
    if (frame.type == FrameType::header && content.header_due) {
        const auto header = decode_content_header(frame.payload);
        if (!header) return "a content header that does not decode: " + header.error().detail;
        if (header->class_id != BasicPublish::kId.class_id) return "content of another class";
        const auto properties = Properties::parse(header->properties);
        if (!properties) return "properties: " + properties.error().detail;
        content = {.header_due = false, .body_due = header->body_size};
        return "";
    }
    if (frame.type != FrameType::body || content.header_due || content.body_due == 0)
        return "content out of its order";
    if (frame.payload.size() > content.body_due) return "more body than the header says";
    content.body_due -= frame.payload.size();
    return "";
}

std::string SessionJudge::judge_connection(const Method& method) {
    if (ended_ && !std::holds_alternative<ConnectionCloseOk>(method))
        return name(method) + " after the end";
    if (std::holds_alternative<ConnectionStart>(method) ||
        std::holds_alternative<ConnectionBlocked>(method) ||
        std::holds_alternative<ConnectionUnblocked>(method))
        return "";
    if (const auto* close = std::get_if<ConnectionClose>(&method)) {
        if (close->reply_code < 300 || close->reply_text.empty()) return "a close without a reason";
        ended_ = close_sent_ = true;
        return "";
    }
    if (std::holds_alternative<ConnectionCloseOk>(method)) {
        ended_ = true;
        // Answers a close, whatever else its client had asked for before.
        auto& requests = channels_[0].requests;
        while (!requests.empty() && requests.front().answer != ConnectionCloseOk::kId)
            requests.pop_front();
        if (requests.empty()) return "a close-ok to nothing";
        requests.pop_front();
        return "";
    }
    return judge_answer(channels_[0], method);
}

std::string SessionJudge::judge_channel(uint16_t number, const Method& method) {
    const std::string at = name(method) + " on channel " + std::to_string(number) + ": ";
    if (ended_) return at + "after the end of the connection";
    Channel& channel = channels_[number];
    const bool opens = std::holds_alternative<ChannelOpenOk>(method);
    const bool ends = std::holds_alternative<ChannelCloseOk>(method);
    if (!channel.is_open && !opens && !ends) return at + "it is not open";
    if (channel.is_open && opens) return at + "it is open";
    bool is_unasked = false;
    std::string fault = judge_unasked(channel, method, is_unasked);
    if (!is_unasked) fault = judge_answer(channel, method);
    if (!fault.empty()) return at + fault;
    if (opens) {
        channel.is_open = true;
        channel.last_delivery = 0;
        channel.confirmed.clear();
        channel.confirmed_end = 1;
        channel.consumers.told.clear();
    }
    if (ends) channel.is_open = false;
    return "";
}

// What comes by itself.
std::string SessionJudge::judge_unasked(Channel& channel, const Method& method, bool& is_unasked) {
    is_unasked = true;
    if (const auto* deliver = std::get_if<BasicDeliver>(&method))
        return judge_delivery(channel, *deliver);
    if (const auto* ack = std::get_if<BasicAck>(&method))
        return judge_confirm(channel, ack->delivery_tag, ack->multiple);
    if (const auto* nack = std::get_if<BasicNack>(&method))
        return judge_confirm(channel, nack->delivery_tag, nack->multiple);
    if (std::holds_alternative<BasicReturn>(method))
        return ++channel.returned > channel.mandatory ? "nothing mandatory was published" : "";
    if (const auto* cancel = std::get_if<BasicCancel>(&method)) {
        Consumers& consumers = channel.consumers;
        const bool told = consumers.told.erase(std::string(cancel->consumer_tag)) > 0;
        const bool known =
            told || consumers.any || consumers.unasked.contains(cancel->consumer_tag);
        return known ? "" : "no such consumer";
    }
    if (const auto* close = std::get_if<ChannelClose>(&method)) {
        if (close->reply_code < 300 || close->reply_text.empty()) return "without a reason";
        close_by_server(channel);
        return "";
    }
    is_unasked = false;
    return "";
}

// What its client said meanwhile is not heard, up to its own close or close-ok.
void SessionJudge::close_by_server(Channel& channel) {
    channel.is_open = false;
    auto& requests = channel.requests;
    while (!requests.empty() && requests.front().id != ChannelClose::kId &&
           requests.front().id != ChannelCloseOk::kId)
        requests.pop_front();
    channel.discards = requests.empty();
    if (!requests.empty() && requests.front().id == ChannelCloseOk::kId) requests.pop_front();
}

std::string SessionJudge::judge_answer(Channel& channel, const Method& method) {
    auto& requests = channel.requests;
    // A close-ok that came when nothing was closing is not heard.
    while (!requests.empty() && !requests.front().answer) requests.pop_front();
    if (requests.empty()) return name(method) + " answers nothing";
    const Request request = requests.front();
    requests.pop_front();
    MethodId answer = id_of(method);
    if (std::holds_alternative<BasicGetEmpty>(method)) answer = BasicGetOk::kId;
    if (request.answer != answer)
        return name(method) + " answers " + std::string(method_name(request.id));
    if (const auto* ok = std::get_if<BasicConsumeOk>(&method))
        channel.consumers.told.emplace(ok->consumer_tag);
    if (const auto* ok = std::get_if<BasicCancelOk>(&method))
        channel.consumers.told.erase(std::string(ok->consumer_tag));
    if (const auto* ok = std::get_if<BasicGetOk>(&method))
        return judge_tag(channel, ok->delivery_tag);
    return "";
}

std::string SessionJudge::judge_delivery(Channel& channel, const BasicDeliver& deliver) {
    const Consumers& consumers = channel.consumers;
    const bool known = consumers.told.contains(deliver.consumer_tag) ||
                       consumers.unasked.contains(deliver.consumer_tag) || consumers.any;
    if (!known) return "no consumer '" + std::string(deliver.consumer_tag) + "'";
    return judge_tag(channel, deliver.delivery_tag);
}

std::string SessionJudge::judge_tag(Channel& channel, uint64_t tag) {
    const uint64_t before = channel.last_delivery;
    channel.last_delivery = tag;
    if (tag == before + 1) return "";
    return "delivery tag " + std::to_string(tag) + " after " + std::to_string(before);
}

std::string SessionJudge::judge_confirm(Channel& channel, uint64_t tag, bool multiple) {
    const std::string text = "confirm of " + std::to_string(tag);
    if (tag == 0 || tag > channel.published) return text + ": it was not published";
    if (tag < channel.confirmed_end || channel.confirmed.contains(tag)) return text + ", again";
    if (multiple) {
        channel.confirmed_end = tag + 1;
        std::erase_if(channel.confirmed, [tag](uint64_t other) { return other <= tag; });
    } else {
        channel.confirmed.insert(tag);
    }
    while (channel.confirmed.erase(channel.confirmed_end) > 0) ++channel.confirmed_end;
    return "";
}

}  // namespace varve
