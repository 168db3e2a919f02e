#include "server/amqp/connection.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "server/amqp/channel.h"
#include "server/amqp/server_properties.h"
#include "server/broker/administration.h"

#include <array>

namespace varve::amqp {

namespace {

constexpr auto kIdle = std::chrono::seconds(1);  // after which buffers are given back

constexpr std::string_view kHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 42\r\nConnection: "
    "close\r\n\r\n"
    "This port speaks AMQP 0-9-1 and not HTTP.\n";

// What a client hello begins with: a handshake record of version 3.x.
constexpr std::string_view kTlsHandshake("\x16\x03");

bool looks_like_http(ByteView input) {
    static constexpr std::array<std::string_view, 7> kMethods = {
        "GET ", "PUT ", "POST ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH "};
    for (const std::string_view method : kMethods) {
        if (input.starts_with(method)) return true;
    }
    return false;
}

}  // namespace

Connection::Connection(Sessions& sessions, Stream stream, SessionId id)
    : sessions_(sessions),
      stream_(std::move(stream)),
      reader_(FrameReader::expecting_protocol_header(kFrameSizeMax)),
      outbox_gauge_(std::make_shared<OutboxGauge>()),
      gate_(sessions.environment().shard.context()) {
    session_.id = id;
    session_.peer = stream_.peer();
}

Connection::~Connection() = default;

void Connection::start() {
    last_received_ = last_sent_ = last_trickle_ = sessions_.now();
    deadline_ = last_received_ + options().handshake_timeout;
    wait_readable();
}

void Connection::tick(std::chrono::nanoseconds now) {
    if (stage_ == Stage::ended) return;
    if (now >= deadline_) return end("timeout");
    trickle(now);
    if (stage_ != Stage::open) return;
    account_outbox();                        // what was on its way to consumers that have gone
    if (pauses_ != 0) last_received_ = now;  // nobody listened
    if (heartbeat_.is_dead(now, last_received_)) return end("missed heartbeats");
    if (heartbeat_.send_due(now, last_sent_) && outbox_.empty()) writer().heartbeat();
    if (now - last_sent_ > kIdle) outbox_.shrink();
}

void Connection::stop() {
    if (stage_ == Stage::open) {
        return close_with({},
                          {ReplyCode::connection_forced,
                           "broker forced connection closure with reason 'shutdown'"});
    }
    if (stage_ == Stage::protocol_header || stage_ == Stage::handshake) end("shutdown");
}

// ---- writing

FrameWriter Connection::writer() {
    if (!flush_requested_) {
        flush_requested_ = true;
        sessions_.flush_at_turn_end(*this);
    }
    return {outbox_.text(), frame_size_max_};
}

void Connection::write_body(uint16_t channel, ByteView body, const BatchRef& keep) {
    const size_t size_max = body_frame_size_max();
    while (!body.empty()) {
        const ByteView piece = body.substr(0, size_max);
        char header[kFrameHeaderSize];
        header[0] = static_cast<char>(FrameType::body);
        store_be<uint16_t>(header + 1, channel);
        store_be<uint32_t>(header + 3, static_cast<uint32_t>(piece.size()));
        outbox_.text().append(header, sizeof header);
        outbox_.add_slice(piece, keep);
        outbox_.text().push_back(kFrameEnd);
        body.remove_prefix(piece.size());
    }
}

void Connection::flush() {
    flush_requested_ = false;
    if (stage_ == Stage::ended || waits_writable_) return account_outbox();
    last_sent_ = sessions_.now();
    while (!outbox_.empty()) {
        const auto size = stream_.write_some(outbox_.next());
        if (!size) return end(size.error().detail);
        if (*size == 0) {
            wait_writable();
            break;
        }
        outbox_.written(*size);
    }
    account_outbox();
    if (stage_ == Stage::draining && outbox_.empty() && !std::exchange(sending_finished_, true))
        stream_.finish_sending();
}

void Connection::wait_writable() {
    waits_writable_ = true;
    stream_.when_writable([self = shared_from_this()](bool ready) {
        self->waits_writable_ = false;
        if (ready) self->flush();
    });
}

void Connection::account_outbox() {
    const auto size = static_cast<int64_t>(outbox_.size());
    outbox_gauge_->add(size - outbox_accounted_);
    outbox_accounted_ = size;
    if (!outbox_gauge_->has_drained()) return;
    if (outbox_gauge_->take_starved()) {
        for (const auto& [number, channel] : channels_) channel->poke_queues();
    }
    resume(kOutbox);
}

void Connection::flush_settlements() {
    if (settlements_.empty()) return;
    broker().settle(settlements_);
    settlements_.clear();
}

// ---- connection.blocked

void Connection::begin_publishing() {
    publishes_ = true;
    tell_blocked();
}

void Connection::flow_changed() {
    if (stage_ != Stage::open) return;
    tell_blocked();
    if (!broker().publishing_held()) resume(kHeld);
}

void Connection::tell_blocked() {
    if (!publishes_ || !client_.capabilities.connection_blocked) return;
    const AlarmState alarms = broker().alarms();
    if (alarms.any() == std::exchange(blocked_told_, alarms.any())) return;
    if (alarms.disk && alarms.memory)
        writer().method(0, ConnectionBlocked{"low on memory & disk"});
    else if (alarms.any())
        writer().method(0, ConnectionBlocked{alarms.disk ? "low on disk" : "low on memory"});
    else
        writer().method(0, ConnectionUnblocked{});
}

// ---- from the protocol header to open

void Connection::begin_handshake() {
    stage_ = Stage::handshake;
    handshake_ = std::make_unique<Handshake>(
        options(), environment().login_rules.now().channel_max, stream_.peer_user());
    ConnectionStart start;
    start.version_major = 0;
    start.version_minor = 9;
    const std::string properties = server_properties(options());
    start.server_properties = properties;
    start.mechanisms = handshake_->mechanisms();
    start.locales = "en_US";
    writer().method(0, start);
}

void Connection::refuse_protocol(ByteView input) {
    environment().diag.info("connection.wrong_protocol",
                            {{"peer", session_.peer},
                             {"http", looks_like_http(input)},
                             {"tls", input.starts_with(kTlsHandshake)}});
    writer();
    outbox_.text().append(looks_like_http(input) ? kHttpAnswer : kProtocolHeader);
    drain();
}

void Connection::on_method(const Frame& frame) {
    const Result<Method> method = decode_method(frame.payload);
    if (!method) {
        if (stage_ == Stage::closing) return;
        const auto id = method_id_of(frame.payload);
        const bool unknown = method.error().code == ErrorCode::not_implemented;
        return close_with(id ? *id : MethodId{},
                          {unknown ? ReplyCode::not_implemented : ReplyCode::syntax_error,
                           method.error().detail});
    }
    if (stage_ == Stage::handshake)
        on_handshake_step(handshake_->on_method(*method));
    else
        on_connection_method(*method);
}

void Connection::on_handshake_step(const Handshake::Step& step) {
    if (const auto* login = std::get_if<Handshake::Authenticate>(&step)) {
        return run(
            nullptr, ConnectionStartOk::kId, authenticate(shared_from_this(), login->credentials));
    }
    if (const auto* certified = std::get_if<Handshake::Identify>(&step)) {
        return on_handshake_step(handshake_->authenticated(
            broker().administration().identify(certified->user, place())));
    }
    if (std::holds_alternative<Handshake::SendTune>(step))
        return writer().method(0, handshake_->tune());
    if (const auto* open = std::get_if<Handshake::Open>(&step)) return open_vhost(open->vhost);
    const auto* refuse = std::get_if<Handshake::Refuse>(&step);
    if (!refuse) return;
    if (!refuse->reason.empty()) {
        environment().diag.warn("connection.login_refused",
                                {{"peer", session_.peer}, {"reason", refuse->reason}});
    }
    client_ = handshake_->client();
    if (refuse->tell)
        close_with(refuse->method, refuse->refusal);
    else
        drain();
}

void Connection::open_vhost(const std::string& vhost) {
    client_ = handshake_->client();
    auto session = broker().administration().open_session(
        handshake_->identity(), vhost, session_.id, session_.peer);
    if (!session) {
        return close_with(ConnectionOpen::kId, {ReplyCode::not_allowed, session.error().detail});
    }
    session_ = std::move(*session);
    auto admitted = environment().limits.admit_connection(vhost, session_.user);
    if (!admitted) {
        return close_with(ConnectionOpen::kId,
                          {ReplyCode::not_allowed, std::move(admitted).error().detail});
    }
    admission_ = std::move(*admitted);
    const Limits& limits = handshake_->limits();
    channel_max_ = limits.channel_max;
    frame_size_max_ = limits.frame_size_max;
    reader_.set_frame_size_max(frame_size_max_);
    heartbeat_ = {limits.heartbeat};
    handshake_.reset();
    deadline_ = std::chrono::nanoseconds::max();
    stage_ = Stage::open;
    opened_at_ = environment().clock.now();
    writer().method(0, ConnectionOpenOk{});
    environment().diag.debug("connection.opened",
                             {{"peer", session_.peer},
                              {"user", session_.user},
                              {"vhost", session_.vhost_name},
                              {"product", client_.product},
                              {"name", client_.connection_name}});
}

// ---- channels

void Connection::on_unknown_channel(const Frame& frame) {
    if (frame.type == FrameType::method) {
        const auto id = method_id_of(frame.payload);
        if (id && *id == ChannelCloseOk::kId)
            return;  // of a channel that both sides closed at once
        if (id && *id == ChannelOpen::kId) return open_channel(frame.channel);
        return close_with(id ? *id : MethodId{},
                          {ReplyCode::channel_error, "expected 'channel.open'"});
    }
    close_with({}, {ReplyCode::channel_error, "expected 'channel.open'"});
}

void Connection::open_channel(uint16_t number) {
    if (channels_.size() >= channel_max_) {
        return close_with(ChannelOpen::kId,
                          {ReplyCode::not_allowed,
                           "number of channels opened (" + std::to_string(channels_.size()) +
                               ") has reached the negotiated channel_max (" +
                               std::to_string(channel_max_) + ")"});
    }
    auto admitted = environment().limits.admit_channel(session_.user);
    if (!admitted) {
        return close_with(ChannelOpen::kId,
                          {ReplyCode::not_allowed, std::move(admitted).error().detail});
    }
    channels_.emplace(number, std::make_shared<Channel>(*this, number, std::move(*admitted)));
    writer().method(number, ChannelOpenOk{});
}

void Connection::run(std::shared_ptr<Channel> channel, MethodId method, Task<Outcome> task) {
    pauses_ |= kTask;
    task_runs_ = true;
    flush_settlements();
    // What the connection is while its method waits: it lives until the method is done.
    auto wait = [](std::shared_ptr<Connection> self,
                   std::shared_ptr<Channel> of,
                   MethodId id,
                   Task<Outcome> body) -> Task<void> {
        const Outcome outcome = co_await std::move(body);
        if (outcome && of) self->refuse(*of, id, *outcome);
        self->task_runs_ = false;
        self->maybe_end_session();
        self->resume(kTask);
    };
    spawn(wait(shared_from_this(), std::move(channel), method, std::move(task)));
}

void Connection::refuse(Channel& channel, MethodId method, const Refusal& refusal) {
    if (stage_ != Stage::open) return;
    if (scope_of(refusal.code) == CloseScope::connection) return close_with(method, refusal);
    if (channel.is_closed()) return;
    environment().diag.info("channel.refused",
                            {{"peer", session_.peer},
                             {"channel", channel.number()},
                             {"method", method_name(method)},
                             {"reason", reply_text(refusal)}});
    const std::string text = reply_text(refusal);
    writer().method(
        channel.number(),
        ChannelClose{static_cast<uint16_t>(refusal.code), text, method.class_id, method.method_id});
    channel.close();
}

void Connection::forget(const Channel& channel) {
    if (last_channel_ == &channel) last_channel_ = nullptr;
    if (assembling_ == &channel) assembling_ = nullptr;
    channels_.erase(channel.number());
}

}  // namespace varve::amqp
