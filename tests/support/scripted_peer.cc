#include "tests/support/scripted_peer.h"

#include "server/amqp/wire/content_header.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace varve {

namespace {

constexpr int kTimeoutMs = 10000;

template <typename Close>
std::string describe_close(const Close& close) {
    return std::to_string(close.reply_code) + " " + std::string(close.reply_text) + " (" +
           std::to_string(close.class_id) + "," + std::to_string(close.method_id) + ")";
}

}  // namespace

ScriptedPeer::ScriptedPeer(uint16_t port, const PeerOptions& options)
    : options_(options), reader_(amqp::FrameReader::expecting_frames(131072)) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (options.receive_buffer > 0) {
        setsockopt(
            socket_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw UnexpectedReply(std::string("connect: ") + std::strerror(errno));
    }
}

ScriptedPeer::~ScriptedPeer() { close(); }

void ScriptedPeer::close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

// ---- raw

void ScriptedPeer::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0) throw UnexpectedReply(std::string("send: ") + std::strerror(errno));
        bytes.remove_prefix(static_cast<size_t>(size));
    }
}

bool ScriptedPeer::fill() {
    pollfd readable{socket_, POLLIN, 0};
    if (poll(&readable, 1, kTimeoutMs) <= 0) throw UnexpectedReply("nothing came for 10 s");
    char bytes[65536];
    const ssize_t size = recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    inbox_.append(bytes, static_cast<size_t>(size));
    return true;
}

std::string ScriptedPeer::read_bytes() {
    if (inbox_.empty()) fill();
    return std::exchange(inbox_, {});
}

bool ScriptedPeer::ends() { return inbox_.empty() && !fill(); }

bool ScriptedPeer::is_silent_for(std::chrono::milliseconds time) {
    pollfd readable{socket_, POLLIN, 0};
    return inbox_.empty() && poll(&readable, 1, static_cast<int>(time.count())) == 0;
}

// ---- frames

void ScriptedPeer::send_outbox() {
    if (batching_) return;
    send_bytes(outbox_);
    outbox_.clear();
}

void ScriptedPeer::end_batch() {
    batching_ = false;
    send_outbox();
}

void ScriptedPeer::publish(uint16_t channel,
                           const amqp::BasicPublish& method,
                           std::string_view body,
                           std::string_view properties) {
    writer().method(channel, method);
    writer().content(channel, properties, body);
    send_outbox();
}

amqp::Frame ScriptedPeer::read_frame(Heartbeats heartbeats) {
    while (true) {
        ByteView input(inbox_);
        const amqp::FrameEvent event = reader_.next(input);
        if (const amqp::Frame* frame = std::get_if<amqp::Frame>(&event)) {
            payloads_.emplace_back(frame->payload);
            const amqp::Frame kept{frame->type, frame->channel, payloads_.back()};
            inbox_.erase(0, inbox_.size() - input.size());
            if (kept.type == amqp::FrameType::heartbeat && heartbeats == Heartbeats::skip) continue;
            return kept;
        }
        if (std::holds_alternative<amqp::FrameError>(event)) throw UnexpectedReply("bad frame");
        if (!fill()) throw UnexpectedReply("the connection ended");
    }
}

std::string ScriptedPeer::describe(const amqp::Method& method) {
    if (const auto* close = std::get_if<amqp::ChannelClose>(&method))
        return "channel.close " + describe_close(*close);
    if (const auto* close = std::get_if<amqp::ConnectionClose>(&method))
        return "connection.close " + describe_close(*close);
    return std::string(method_name(
        std::visit([](const auto& m) { return std::decay_t<decltype(m)>::kId; }, method)));
}

amqp::Method ScriptedPeer::expect_method(uint16_t channel) {
    const amqp::Frame frame = read_frame();
    if (frame.type != amqp::FrameType::method)
        throw UnexpectedReply("expected a method, got content");
    const amqp::Method method = must(amqp::decode_method(frame.payload));
    if (frame.channel != channel) {
        throw UnexpectedReply("on channel " + std::to_string(frame.channel) + ": " +
                              describe(method));
    }
    return method;
}

PeerMessage ScriptedPeer::read_content(uint16_t channel, PeerMessage message) {
    const amqp::Frame header_frame = read_frame();
    if (header_frame.type != amqp::FrameType::header || header_frame.channel != channel) {
        throw UnexpectedReply("expected a content header");
    }
    const auto header = must(amqp::decode_content_header(header_frame.payload));
    message.properties = header.properties;
    while (message.body.size() < header.body_size) {
        const amqp::Frame body = read_frame();
        if (body.type != amqp::FrameType::body || body.channel != channel)
            throw UnexpectedReply("expected a body");
        message.body.append(body.payload);
    }
    return message;
}

PeerMessage ScriptedPeer::expect_delivery(uint16_t channel) {
    const auto method = expect<amqp::BasicDeliver>(channel);
    return read_content(channel,
                        {std::string(method.consumer_tag),
                         method.delivery_tag,
                         method.redelivered,
                         std::string(method.exchange),
                         std::string(method.routing_key),
                         {},
                         {}});
}

PeerMessage ScriptedPeer::expect_return(uint16_t channel) {
    const auto method = expect<amqp::BasicReturn>(channel);
    return read_content(
        channel,
        {{}, 0, false, std::string(method.exchange), std::string(method.routing_key), {}, {}});
}

std::optional<PeerMessage> ScriptedPeer::get(uint16_t channel,
                                             std::string_view queue,
                                             bool no_ack) {
    send(channel, amqp::BasicGet{queue, no_ack});
    const amqp::Method method = expect_method(channel);
    if (std::holds_alternative<amqp::BasicGetEmpty>(method)) return std::nullopt;
    const auto* ok = std::get_if<amqp::BasicGetOk>(&method);
    if (!ok) throw UnexpectedReply("expected basic.get-ok, got " + describe(method));
    return read_content(channel,
                        {{},
                         ok->delivery_tag,
                         ok->redelivered,
                         std::string(ok->exchange),
                         std::string(ok->routing_key),
                         {},
                         {}});
}

std::string ScriptedPeer::expect_channel_close(uint16_t channel) {
    const std::string text = describe_close(expect<amqp::ChannelClose>(channel));
    send(channel, amqp::ChannelCloseOk{});
    return text;
}

std::string ScriptedPeer::expect_connection_close() {
    const std::string text = describe_close(expect<amqp::ConnectionClose>(0));
    send(0, amqp::ConnectionCloseOk{});
    return text;
}

// ---- stories

void ScriptedPeer::log_in() {
    send_bytes(amqp::kProtocolHeader);
    expect<amqp::ConnectionStart>(0);
    amqp::ConnectionStartOk start_ok;
    start_ok.client_properties = options_.client_properties;
    start_ok.mechanism = "PLAIN";
    start_ok.response = options_.response;
    start_ok.locale = "en_US";
    call<amqp::ConnectionTune>(0, start_ok);
    send(0, amqp::ConnectionTuneOk{options_.channel_max, options_.frame_max, options_.heartbeat});
    call<amqp::ConnectionOpenOk>(0, amqp::ConnectionOpen{options_.vhost});
    frame_max_ = options_.frame_max == 0 ? 131072 : options_.frame_max;
}

void ScriptedPeer::open_channel(uint16_t channel) {
    call<amqp::ChannelOpenOk>(channel, amqp::ChannelOpen{});
}

void ScriptedPeer::declare_queue(uint16_t channel, std::string_view queue, bool durable) {
    amqp::QueueDeclare declare;
    declare.queue = queue;
    declare.durable = durable;
    call<amqp::QueueDeclareOk>(channel, declare);
}

void ScriptedPeer::consume(uint16_t channel,
                           std::string_view queue,
                           std::string_view tag,
                           bool no_ack) {
    amqp::BasicConsume consume;
    consume.queue = queue;
    consume.consumer_tag = tag;
    consume.no_ack = no_ack;
    call<amqp::BasicConsumeOk>(channel, consume);
}

}  // namespace varve
