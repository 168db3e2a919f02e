#include "bench/null_broker/session.h"

#include "server/amqp/wire/content_header.h"

#include <optional>
#include <variant>

namespace varve::null_broker {

namespace {

constexpr size_t kMethodIdSize = 4;

}  // namespace

Session::Session(int fd, Subscriptions& subscriptions)
    : subscriptions_(subscriptions),
      socket_(fd),
      reader_(amqp::FrameReader::expecting_protocol_header(amqp::kFrameSizeDefault)),
      writer_(socket_.outbox(), amqp::kFrameSizeDefault) {}

Session::~Session() { subscriptions_.forget(socket_); }

bool Session::turn() {
    if (!socket_.read()) return false;
    ByteView input = socket_.unread();
    for (;;) {
        const ByteView before = input;
        const amqp::FrameEvent event = reader_.next(input);
        if (const auto* frame = std::get_if<amqp::Frame>(&event)) {
            if (take(*frame, input)) continue;
            input = before;
            break;
        }
        if (std::holds_alternative<amqp::FrameError>(event)) return false;
        if (std::holds_alternative<amqp::NeedMore>(event)) break;
        writer_.method(
            0,
            amqp::ConnectionStart{.version_major = 0, .version_minor = 9, .mechanisms = "PLAIN"});
    }
    socket_.keep(input);
    if (confirms_ && confirmed_ < published_) {
        confirmed_ = published_;
        writer_.method(kChannel, amqp::BasicAck{.delivery_tag = confirmed_, .multiple = true});
    }
    return !broken_;
}

bool Session::take(const amqp::Frame& frame, ByteView& input) {
    if (frame.type == amqp::FrameType::heartbeat) return true;
    const auto id = amqp::method_id_of(frame.payload);
    if (frame.type != amqp::FrameType::method || !id) {
        broken_ = true;
        return false;
    }
    if (*id == amqp::BasicAck::kId) return true;
    if (*id == amqp::BasicPublish::kId) {
        amqp::BasicPublish publish;
        if (amqp::decode_arguments(frame.payload.substr(kMethodIdSize), publish))
            return take_message(publish, input);
        broken_ = true;
        return false;
    }
    const auto method = amqp::decode_method(frame.payload);
    if (!method) {
        broken_ = true;
        return false;
    }
    std::visit([&](const auto& m) { answer(frame.channel, m); }, *method);
    return true;
}

bool Session::take_message(const amqp::BasicPublish& publish, ByteView& rest) {
    ByteView input = rest;
    std::optional<uint64_t> missing;
    while (missing != 0) {
        const amqp::FrameEvent event = reader_.next(input);
        const auto* frame = std::get_if<amqp::Frame>(&event);
        if (frame == nullptr) {
            broken_ = std::holds_alternative<amqp::FrameError>(event);
            return false;
        }
        if (frame->type == amqp::FrameType::heartbeat) continue;
        if (frame->type == amqp::FrameType::body && missing && frame->payload.size() <= *missing) {
            *missing -= frame->payload.size();
            continue;
        }
        const auto header = amqp::decode_content_header(frame->payload);
        if (frame->type != amqp::FrameType::header || missing || !header) {
            broken_ = true;
            return false;
        }
        missing = header->body_size;
    }
    subscriptions_.deliver(
        publish.exchange, publish.routing_key, rest.substr(0, rest.size() - input.size()));
    ++published_;
    rest = input;
    return true;
}

void Session::answer(uint16_t channel, const amqp::ConnectionStartOk& /*method*/) {
    writer_.method(channel,
                   amqp::ConnectionTune{.channel_max = 1, .frame_max = amqp::kFrameSizeDefault});
}

void Session::answer(uint16_t channel, const amqp::ConfirmSelect& /*method*/) {
    confirms_ = true;
    writer_.method(channel, amqp::ConfirmSelectOk{});
}

void Session::answer(uint16_t channel, const amqp::QueueBind& method) {
    subscriptions_.bind(method.exchange, method.queue);
    writer_.method(channel, amqp::QueueBindOk{});
}

void Session::answer(uint16_t channel, const amqp::BasicConsume& method) {
    subscriptions_.consume(method.queue, std::string(method.consumer_tag), socket_);
    if (!method.no_wait)
        writer_.method(channel, amqp::BasicConsumeOk{.consumer_tag = method.consumer_tag});
}

}  // namespace varve::null_broker
