#include "tools/load/consumer.h"

#include "server/amqp/wire/content_header.h"
#include "tools/load/clock.h"

#include <charconv>

namespace varve::load {

namespace {

// The size of the ids in front of a method's arguments.
constexpr size_t kMethodIdSize = 4;

Error out_of_turn(std::string_view what) {
    return {ErrorCode::closed, "the broker sent a " + std::string(what) + " out of turn"};
}

}  // namespace

Consumer::Consumer(std::vector<uint32_t> queues, size_t first_subscription, ConsumeContext& context)
    : queues_(std::move(queues)), first_subscription_(first_subscription), context_(context) {}

Result<void> Consumer::attach(std::unique_ptr<Client> client) {
    const Options& options = context_.options;
    if (options.prefetch > 0 && !options.auto_ack) {
        VARVE_TRY(client->call(amqp::BasicQos{.prefetch_count = options.prefetch}));
    }
    // The tag is the place in queues_. No answer is awaited: deliveries of the first queue would
    // come before the answer for the second.
    for (size_t i = 0; i < queues_.size(); ++i) {
        const std::string name = options.queue_name(queues_[i]);
        const std::string tag = std::to_string(i);
        client->writer().method(
            kChannel,
            amqp::BasicConsume{
                .queue = name, .consumer_tag = tag, .no_ack = options.auto_ack, .no_wait = true});
    }
    VARVE_TRY(client->flush());
    client_ = std::move(client);
    stage_ = Idle{};
    unacked_ = 0;
    return ok();
}

void Consumer::detach() { client_.reset(); }

Result<void> Consumer::take_frames() {
    now_ns_ = now_ns();
    for (;;) {
        VARVE_TRY(const std::optional<amqp::Frame> frame, client_->next_frame());
        if (!frame) return ok();
        switch (frame->type) {
            case amqp::FrameType::method: {
                VARVE_TRY(take_method(frame->payload));
                break;
            }
            case amqp::FrameType::header: {
                VARVE_TRY(take_header(frame->payload));
                break;
            }
            case amqp::FrameType::body: {
                VARVE_TRY(take_body(frame->payload));
                break;
            }
            case amqp::FrameType::heartbeat:
                break;
        }
    }
}

Result<void> Consumer::take_method(ByteView payload) {
    VARVE_TRY(const amqp::MethodId id, amqp::method_id_of(payload));
    if (id == amqp::BasicDeliver::kId) return take_deliver(payload.substr(kMethodIdSize));
    VARVE_TRY(const amqp::Method method, amqp::decode_method(payload));
    if (std::holds_alternative<amqp::ConnectionBlocked>(method) ||
        std::holds_alternative<amqp::ConnectionUnblocked>(method)) {
        return ok();
    }
    return Client::error_in(method);
}

Result<void> Consumer::take_deliver(ByteView arguments) {
    amqp::BasicDeliver deliver;
    AwaitingHeader next;
    if (!amqp::decode_arguments(arguments, deliver)) return out_of_turn("malformed basic.deliver");
    const ByteView tag = deliver.consumer_tag;
    const auto parsed = std::from_chars(tag.data(), tag.data() + tag.size(), next.queue_index);
    if (parsed.ec != std::errc() || next.queue_index >= queues_.size())
        return out_of_turn("consumer tag of nobody");
    if (!std::holds_alternative<Idle>(stage_)) return out_of_turn("basic.deliver");
    next.delivery_tag = deliver.delivery_tag;
    next.redelivered = deliver.redelivered;
    stage_ = next;
    return ok();
}

Result<void> Consumer::take_header(ByteView payload) {
    const auto* delivery = std::get_if<AwaitingHeader>(&stage_);
    if (delivery == nullptr) return out_of_turn("header frame");
    VARVE_TRY(const amqp::ContentHeader header, amqp::decode_content_header(payload));
    AwaitingBody next{*delivery, BodyCheck(context_.pattern, header.body_size)};
    if (next.body.complete())
        complete(next.delivery, next.body);
    else
        stage_ = next;
    return ok();
}

Result<void> Consumer::take_body(ByteView payload) {
    auto* content = std::get_if<AwaitingBody>(&stage_);
    if (content == nullptr) return out_of_turn("body frame");
    content->body.take(payload);
    if (content->body.complete()) {
        const AwaitingBody whole = *content;
        complete(whole.delivery, whole.body);
    }
    return ok();
}

void Consumer::complete(const AwaitingHeader& delivery, const BodyCheck& body) {
    stage_ = Idle{};
    const std::optional<Stamp> stamp = body.stamp();
    context_.checker.take({.subscription = first_subscription_ + delivery.queue_index,
                           .queue = queues_[delivery.queue_index],
                           .redelivered = delivery.redelivered,
                           .stamp = stamp});
    context_.last_arrival_ns = now_ns_;
    add_to(context_.state.delivered, 1);
    if (now_ns_ >= context_.schedule.measure_begin_ns) {
        ++context_.delivered.count;
        context_.delivered.last_ns = now_ns_;
    }
    if (stamp && !delivery.redelivered && stamp->sent_ns >= context_.schedule.measure_begin_ns) {
        context_.deliver_latency.add(now_ns_ - stamp->sent_ns);
    }
    if (context_.options.auto_ack) return;
    last_tag_ = delivery.delivery_tag;
    if (++unacked_ >= context_.options.ack_every) flush_acks();
}

void Consumer::flush_acks() {
    if (unacked_ == 0 || client_ == nullptr) return;
    client_->writer().method(kChannel,
                             amqp::BasicAck{.delivery_tag = last_tag_, .multiple = unacked_ > 1});
    unacked_ = 0;
}

}  // namespace varve::load
