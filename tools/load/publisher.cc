#include "tools/load/publisher.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "server/message/properties.h"
#include "tools/load/clock.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace varve::load {

namespace {

constexpr size_t kOutboxMax =
    256 * 1024;  // one send() of this size costs little more than the copy
// How often the clock is read while messages are written without a pause: their time is right to
// some microseconds.
constexpr uint64_t kMessagesPerClockReading = 16;

uint64_t share_of(const Options& options, uint32_t publisher) {
    if (!options.count) return std::numeric_limits<uint64_t>::max();
    return *options.count / options.publishers +
           (publisher < *options.count % options.publishers ? 1 : 0);
}

}  // namespace

Publisher::Publisher(uint16_t number, PublishContext& context)
    : number_(number),
      context_(context),
      account_(context.ledger.account(number)),
      count_max_(share_of(context.options, number)),
      // Twice the window: room for confirms that come out of turn.
      ring_(std::bit_ceil(std::max<size_t>(size_t{2} * context.options.confirm_window, 1))) {}

Result<void> Publisher::attach(std::unique_ptr<Client> client) {
    if (context_.options.confirm_window > 0) {
        VARVE_TRY(client->call(amqp::ConfirmSelect{}));
    }
    client_ = std::move(client);
    first_tag_ = next_tag_ = 1;
    unconfirmed_ = 0;
    prepare_heads();
    return ok();
}

void Publisher::detach() { client_.reset(); }

void Publisher::prepare_heads() {
    heads_.clear();
    const Options& options = context_.options;
    const bool fanout = options.exchange == ExchangeMode::fanout;
    const std::string properties =
        amqp::PropertiesBuilder()
            .delivery_mode(options.transient ? amqp::kTransient : amqp::kPersistent)
            .encode();
    for (uint32_t queue = 0; queue < (fanout ? 1 : options.queues); ++queue) {
        std::string& head = heads_.emplace_back();
        amqp::FrameWriter writer(head, client_->frame_size_max());
        writer.method(
            kChannel,
            amqp::BasicPublish{.exchange = fanout ? ByteView(options.exchange_name) : ByteView(),
                               .routing_key = fanout ? std::string() : options.queue_name(queue)});
        writer.content_header(kChannel, properties, options.size);
    }
}

int64_t Publisher::next_due_ns() const {
    const Options& options = context_.options;
    if (options.rate <= 0) return 0;
    // All publishers together keep the rate: they take turns.
    const double place = static_cast<double>(published_) * options.publishers + number_;
    return context_.schedule.begin_ns + static_cast<int64_t>(place * 1e9 / options.rate);
}

bool Publisher::done(int64_t now_ns) const {
    return published_ >= count_max_ || now_ns >= context_.schedule.publish_end_ns ||
           context_.state.stop_publishing.load(std::memory_order_relaxed);
}

bool Publisher::may_publish() const {
    if (client_->unsent() >= kOutboxMax) return false;
    const uint32_t window = context_.options.confirm_window;
    return window == 0 || (unconfirmed_ < window && next_tag_ - first_tag_ < ring_.size());
}

bool Publisher::is_ready(int64_t now_ns) const {
    return !done(now_ns) && may_publish() && next_due_ns() <= now_ns;
}

void Publisher::fill(int64_t now) {
    now_ns_ = now;
    for (uint64_t written = 1; !done(now) && may_publish(); ++written) {
        const int64_t due_ns = next_due_ns();
        if (due_ns > now) return;
        publish(due_ns == 0 ? now : due_ns);
        if (written % kMessagesPerClockReading == 0) now = now_ns_ = now_ns();
    }
}

void Publisher::publish(int64_t sent_ns) {
    const uint64_t sequence = account_.attempted.load(std::memory_order_relaxed);
    account_.attempted.store(sequence + 1, std::memory_order_release);
    const Options& options = context_.options;
    const uint32_t head =
        options.exchange == ExchangeMode::fanout ? 0 : options.queue_of(number_, sequence);
    client_->outbox().append(heads_[head]);
    append_body({.run = context_.ledger.shape().run,
                 .publisher = number_,
                 .sequence = sequence,
                 .sent_ns = sent_ns});
    if (options.confirm_window > 0) {
        at_tag(next_tag_++) = {.sequence = sequence, .sent_ns = sent_ns, .settled = false};
        ++unconfirmed_;
    }
    ++published_;
    add_to(context_.state.published, 1);
    if (now_ns_ >= context_.schedule.measure_begin_ns) {
        ++context_.published.count;
        context_.published.last_ns = now_ns_;
    }
}

void Publisher::append_body(const Stamp& stamp) {
    std::string& out = client_->outbox();
    const size_t size = context_.options.size;
    const size_t frame_max = client_->frame_size_max() - amqp::kFrameOverhead;
    const auto head = encode_stamp(stamp, size);
    for (size_t at = 0; at < size;) {
        const size_t frame_end = at + std::min(size - at, frame_max);
        char start[amqp::kFrameHeaderSize];
        start[0] = static_cast<char>(amqp::FrameType::body);
        store_be<uint16_t>(start + 1, kChannel);
        store_be(start + 3, static_cast<uint32_t>(frame_end - at));
        out.append(start, sizeof start);
        if (at == 0) out.append(head.data(), at += head.size());
        while (at < frame_end) {
            const ByteView piece = context_.pattern.piece(stamp, at - kStampSize, frame_end - at);
            out.append(piece);
            at += piece.size();
        }
        out.push_back(amqp::kFrameEnd);
    }
}

Result<void> Publisher::take_frames() {
    now_ns_ = now_ns();
    for (;;) {
        VARVE_TRY(const std::optional<amqp::Frame> frame, client_->next_frame());
        if (!frame) return ok();
        if (frame->type != amqp::FrameType::method) {
            return Error{ErrorCode::closed,
                         "the broker sent content to a connection that only publishes"};
        }
        VARVE_TRY(take_method(frame->payload));
    }
}

Result<void> Publisher::take_method(ByteView payload) {
    VARVE_TRY(const amqp::Method method, amqp::decode_method(payload));
    if (const auto* ack = std::get_if<amqp::BasicAck>(&method)) {
        settle_up_to(ack->delivery_tag, ack->multiple, Verdict::confirmed);
    } else if (const auto* nack = std::get_if<amqp::BasicNack>(&method)) {
        settle_up_to(nack->delivery_tag, nack->multiple, Verdict::refused);
    } else if (std::holds_alternative<amqp::ConnectionBlocked>(method)) {
        ++context_.blocked;
    } else if (!std::holds_alternative<amqp::ConnectionUnblocked>(method)) {
        return Client::error_in(method);
    }
    return ok();
}

void Publisher::settle_up_to(uint64_t tag, bool multiple, Verdict verdict) {
    if (multiple && tag == 0) tag = next_tag_ - 1;
    if (tag >= next_tag_ || tag < first_tag_)
        return;  // a confirm that nobody waits for changes nothing
    for (uint64_t t = multiple ? first_tag_ : tag; t <= tag; ++t) settle(at_tag(t), verdict);
    while (first_tag_ < next_tag_ && at_tag(first_tag_).settled) ++first_tag_;
}

void Publisher::settle(Outstanding& outstanding, Verdict verdict) {
    if (outstanding.settled) return;
    outstanding.settled = true;
    --unconfirmed_;
    if (verdict == Verdict::refused) {
        ++context_.refused;
        return;
    }
    account_.confirmed.add(outstanding.sequence);
    if (outstanding.sent_ns >= context_.schedule.measure_begin_ns) {
        context_.confirm_latency.add(now_ns_ - outstanding.sent_ns);
    }
}

}  // namespace varve::load
