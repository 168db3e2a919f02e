// The reading half of a connection: bytes to frames, frames to where they belong.
#include "engine/base/bytes.h"
#include "server/amqp/channel.h"
#include "server/amqp/connection.h"

#include <algorithm>

namespace varve::amqp {

namespace {

// Publishers are held, or a method waits, and yet the peer's window must open now and then: py-amqp
// sets TCP_USER_TIMEOUT to one second, so that a window closed for longer kills its connection.
constexpr auto kTrickleInterval = std::chrono::milliseconds(400);
constexpr size_t kTrickleSize = 64_KiB;
constexpr size_t kReadAheadMax = 256_KiB;  // What may wait unparsed; beyond, the window does close.
constexpr size_t kKeptUnparsed = 4_KiB;

constexpr uint32_t key(MethodId id) { return uint32_t{id.class_id} << 16 | id.method_id; }

}  // namespace

void Connection::wait_readable() {
    if (waits_readable_ || !stream_.is_open()) return;
    waits_readable_ = true;
    stream_.when_readable([self = shared_from_this()](bool ready) {
        self->waits_readable_ = false;
        if (ready) self->on_readable();
    });
}

void Connection::on_readable() {
    if (pauses_ != 0) return;  // resume() reads on
    std::span<char> buffer = sessions_.read_buffer();
    const ByteView before = ByteView(unparsed_).substr(unparsed_at_);
    std::copy(before.begin(), before.end(), buffer.begin());
    std::span<char> room = buffer.subspan(before.size());
    if (trickle_ > 0) room = room.first(std::min(room.size(), kTrickleSize));
    const auto size = stream_.read_some(room);
    if (!size) return read_failed(size.error());
    if (*size == 0) return wait_readable();
    last_received_ = sessions_.now();
    const ByteView rest = parse(ByteView(buffer.data(), before.size() + *size));
    unparsed_.assign(rest);
    unparsed_at_ = 0;
    if (pauses_ == 0) wait_readable();
}

void Connection::read_failed(const Error& error) {
    if (error.code == ErrorCode::invalid_argument) {
        environment().diag.info("connection.tls_refused",
                                {{"peer", session_.peer}, {"reason", error.detail}});
    }
    end(error.detail);
}

void Connection::parse_unparsed() {
    const ByteView rest = parse(ByteView(unparsed_).substr(unparsed_at_));
    unparsed_at_ = unparsed_.size() - rest.size();
    if (rest.empty()) {
        unparsed_.clear();
        unparsed_at_ = 0;
    }
    if (pauses_ == 0) wait_readable();
}

void Connection::read_ahead() {
    const size_t waiting = unparsed_.size() - unparsed_at_;
    if (waiting >= kReadAheadMax) return;
    unparsed_.erase(0, unparsed_at_);
    unparsed_at_ = 0;
    const auto size = stream_.read_some(
        sessions_.read_buffer().first(std::min(kTrickleSize, kReadAheadMax - waiting)));
    if (!size) return end(size.error().detail);
    unparsed_.append(sessions_.read_buffer().data(), *size);
}

ByteView Connection::parse(ByteView input) {
    parsing_ = true;
    const bool held = stage_ == Stage::open && broker().publishing_held();
    while (pauses_ == 0 && stage_ != Stage::ended) {
        const size_t before = input.size();
        if (held && must_hold(input)) {
            pauses_ |= kHeld;
            break;
        }
        if (!step(input)) break;
        if (held) trickle_ -= std::min(trickle_, before - input.size());
        if (outbox_.size() > static_cast<size_t>(2 * kOutboxMax)) pauses_ |= kOutbox;
    }
    if (!held) trickle_ = 0;
    parsing_ = false;
    if (assembling_) assembling_->keep_message();
    flush_settlements();
    return input;
}

// Everything but a publish goes on while publishers are held, and of those a trickle.
bool Connection::must_hold(ByteView input) {
    if (trickle_ > 0 || input.size() < kFrameHeaderSize + 4) return false;
    return static_cast<uint8_t>(input[0]) == static_cast<uint8_t>(FrameType::method) &&
           load_be<uint32_t>(input.data() + kFrameHeaderSize) == key(BasicPublish::kId);
}

// One frame, or whatever else comes first. False: there is nothing more to do now.
bool Connection::step(ByteView& input) {
    if (stage_ == Stage::draining) {
        input = {};
        return false;
    }
    const ByteView before = input;
    const FrameEvent event = reader_.next(input);
    if (const Frame* frame = std::get_if<Frame>(&event)) return on_frame(*frame), true;
    if (const FrameError* error = std::get_if<FrameError>(&event)) {
        on_frame_error(*error, before);
        input = {};
        return false;
    }
    if (!std::holds_alternative<ProtocolHeader>(event)) return false;
    begin_handshake();
    return true;
}

void Connection::on_frame(const Frame& frame) {
    if (frame.type == FrameType::heartbeat) {
        if (frame.channel != 0) close_with({}, {ReplyCode::frame_error, "heartbeat on a channel"});
        return;
    }
    if (frame.channel != 0) return on_channel_frame(frame);
    if (frame.type == FrameType::method) return on_method(frame);
    if (stage_ != Stage::closing)
        close_with({}, {ReplyCode::unexpected_frame, "content on channel 0"});
}

void Connection::on_channel_frame(const Frame& frame) {
    if (stage_ == Stage::closing) return;
    if (stage_ != Stage::open)
        return close_with({}, {ReplyCode::channel_error, "no channels before connection.open"});
    Channel* channel = last_channel_;
    if (!channel || channel->number() != frame.channel) {
        const auto found = channels_.find(frame.channel);
        if (found == channels_.end()) return on_unknown_channel(frame);
        last_channel_ = channel = found->second.get();
    }
    if (assembling_ && assembling_ != channel) assembling_->keep_message();
    assembling_ = nullptr;
    if (channel->on_frame(frame) == Channel::Message::incomplete) assembling_ = channel;
}

void Connection::on_frame_error(FrameError error, ByteView input) {
    if (error == FrameError::wrong_protocol) return refuse_protocol(input);
    // What was promised to the peer as its end of the connection: it is told, and everything it
    // still sends is dropped.
    if (stage_ == Stage::closing) return drain();
    close_with({}, {ReplyCode::frame_error, std::string(to_string(error))});
}

void Connection::resume(Pause why) {
    if ((pauses_ & why) == 0) return;
    pauses_ &= static_cast<uint8_t>(~why);
    if (pauses_ == 0 && !parsing_ && stage_ != Stage::ended) parse_unparsed();
}

void Connection::trickle(std::chrono::nanoseconds now) {
    if (pauses_ == 0) {
        if (unparsed_.empty() && unparsed_.capacity() > kKeptUnparsed) unparsed_ = std::string();
        last_trickle_ = now;
        return;
    }
    if (now - last_trickle_ < kTrickleInterval) return;
    last_trickle_ = now;
    if (pauses_ != kHeld || broker().publishing_stopped()) return read_ahead();
    trickle_ = std::max(kTrickleSize, unparsed_.size() - unparsed_at_);
    resume(kHeld);
}

}  // namespace varve::amqp
