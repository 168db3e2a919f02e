// basic.qos, basic.consume, basic.cancel and basic.get.
#include "server/amqp/channel_send.h"
#include "server/amqp/delivery_headers.h"
#include "server/amqp/handlers/arguments.h"
#include "server/broker/argument_check.h"
#include "server/broker/definitions.h"
#include "server/broker/named_cursor.h"
#include "server/broker/queue_name.h"
#include "server/broker/reply_directory.h"
#include "server/broker/resource.h"
#include "server/message/field_table.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

namespace varve::amqp {

namespace {

// `queue` is whose consumer it is to be: "queue 'q' in vhost '/'".
Result<int32_t> priority_of(ByteView arguments, const std::string& queue) {
    const auto field = find_field(arguments, "x-priority");
    if (!field) return 0;
    VARVE_TRY(const FieldValue value, FieldValue::decode(*field));
    if (const ArgumentFault fault = check_integer(value); !fault.empty()) {
        return Error{ErrorCode::precondition,
                     "invalid arg 'x-priority' for " + queue + ": " + fault};
    }
    using Limits = std::numeric_limits<int32_t>;
    return static_cast<int32_t>(
        std::clamp<int64_t>(*value.as_integer(), Limits::min(), Limits::max()));
}

Result<std::optional<std::chrono::milliseconds>> timeout_of(ByteView arguments) {
    using std::chrono::milliseconds;
    const auto field = find_field(arguments, "x-consumer-timeout");
    if (!field) return std::optional<milliseconds>();
    VARVE_TRY(const FieldValue value, FieldValue::decode(*field));
    const auto timeout = value.as_integer();
    if (!timeout || *timeout <= 0 || *timeout > kTimeLimitMax) {
        return Error{ErrorCode::precondition,
                     "invalid arg 'x-consumer-timeout': expected milliseconds, up to ten years"};
    }
    return std::optional(milliseconds(*timeout));
}

Result<std::optional<ReaderStart>> reader_start_of(ByteView arguments) {
    const auto field = find_field(arguments, "x-stream-offset");
    if (!field) return std::optional<ReaderStart>();
    VARVE_TRY(const FieldValue value, FieldValue::decode(*field));
    VARVE_TRY(const ReaderStart start, parse_reader_start(value));
    return std::optional(start);
}

Result<std::string> cursor_of(ByteView arguments) {
    const auto field = find_field(arguments, "x-cursor");
    if (!field) return std::string();
    VARVE_TRY(const FieldValue value, FieldValue::decode(*field));
    const std::string name(value.as_string().value_or(""));
    VARVE_TRY(check_cursor_name(name));
    return name;
}

}  // namespace

// ---- limits

// RabbitMQ reads the standard its own way: `global` is the channel, and without it each consumer to
// come. A client that is told of another product reads the standard as written: then it is the
// channel either way (docs/amqp.md).
Outcome Channel::handle(const BasicQos& method) {
    if (method.prefetch_size != 0) {
        return Refusal{ReplyCode::not_implemented,
                       "prefetch_size!=0 (" + std::to_string(method.prefetch_size) + ")"};
    }
    if (method.global || connection_.options().product != "RabbitMQ") {
        channel_credit()->set_limit(method.prefetch_count);
        credit_changed();
    } else {
        prefetch_ = method.prefetch_count;
    }
    send(BasicQosOk{});
    return std::nullopt;
}

const std::shared_ptr<CreditGate>& Channel::channel_credit() {
    if (!channel_credit_) channel_credit_ = std::make_shared<CreditGate>();
    return channel_credit_;
}

// Credit of the channel came back, or its limit rose: any of its queues may have been refused.
void Channel::credit_changed() {
    if (channel_credit_ && channel_credit_->take_starved()) poke_queues();
}

void Channel::poke_queues() {
    for (const auto& [tag, consumer] : consumers_) {
        if (consumer->is_accepted()) connection_.broker().poke(consumer->queue);
    }
}

// ---- consumers

Outcome Channel::handle(const BasicConsume& method) {
    if (Outcome wrong = check_arguments(method.arguments)) return wrong;
    Result<std::string> queue = queue_name(method.queue);
    if (!queue) return refusal_of(queue.error());
    const Result<int32_t> priority =
        priority_of(method.arguments, queue_text(*queue, connection_.session().vhost_name));
    if (!priority) return refusal_of(priority.error());
    const auto timeout = timeout_of(method.arguments);
    if (!timeout) return refusal_of(timeout.error());
    const auto read_from = reader_start_of(method.arguments);
    if (!read_from) return refusal_of(read_from.error());
    auto cursor = cursor_of(method.arguments);
    if (!cursor) return refusal_of(cursor.error());
    ConsumeRequest request;
    request.queue = std::move(*queue);
    request.tag = method.consumer_tag.empty()
                      ? generated_name("amq.ctag-", connection_.environment().rng)
                      : std::string(method.consumer_tag);
    request.no_ack = method.no_ack;
    request.exclusive = method.exclusive;
    request.priority = *priority;
    request.timeout = *timeout;
    request.read_from = *read_from;
    request.cursor = std::move(*cursor);
    request.filter = parse_reader_filter(method.arguments);
    request.arguments = method.arguments;
    if (consumers_.contains(request.tag)) {
        return Refusal{ReplyCode::not_allowed,
                       "attempt to reuse consumer tag '" + request.tag + "'"};
    }
    if (request.queue == kReplyQueue) return consume_replies(std::move(request.tag), method);

    AckMode ack_mode = AckMode::manual;
    std::optional<ReaderSource> reading;
    const bool is_stream = BrokerShard::is_stream(connection_.session(), request.queue);
    request.prefetch = prefetch_;
    request.channel_limited = channel_credit()->limit() != 0;
    if (request.reads() || is_stream) {
        ack_mode = AckMode::reading;
        reading.emplace();
        if (!request.cursor.empty()) reading->cursor = cursor_id_of(request.cursor);
        if (is_stream)
            reading->stream = queue_text(request.queue, connection_.session().vhost_name);
    }
    if (method.no_ack) ack_mode = AckMode::automatic;
    auto consumer = make_consumer(request.tag, ack_mode, method.no_wait);
    consumer->asked = {request.exclusive, request.priority, request.arguments};
    if (is_answered(ack_mode)) {
        consumer->source = sources_.add(consumer->port->consumer_credit, reading);
    }
    consumers_.emplace(request.tag, std::move(consumer));
    run(method.kId, consume(shared_from_this(), std::move(request)));
    return std::nullopt;
}

std::unique_ptr<Consumer> Channel::make_consumer(std::string tag, AckMode ack_mode, bool no_wait) {
    auto consumer = std::make_unique<Consumer>(*this, std::move(tag), ack_mode, !no_wait);
    ConsumerPort& port = *consumer->port;
    port.shard = connection_.environment().shard.index();
    port.session = connection_.session().id;
    port.consumer_credit = std::make_shared<CreditGate>(prefetch_);
    port.channel_credit = channel_credit();
    port.outbox = connection_.outbox_gauge();
    return consumer;
}

Task<Outcome> Channel::consume(Self /*self*/, ConsumeRequest request) {
    const std::string tag = request.tag;
    const std::shared_ptr<ConsumerPort> port = consumers_.at(tag)->port;
    const Result<QueueAddress> queue =
        co_await connection_.broker().consume(connection_.session(), std::move(request), port);
    if (closed_) {
        // The channel went while it waited, and knew of no queue to cancel at.
        if (queue) co_await connection_.broker().cancel(*queue, port);
        co_return std::nullopt;
    }
    const auto found = consumers_.find(tag);
    if (!queue) {
        remove_consumer(tag);
        co_return refusal_of(queue.error());
    }
    if (found != consumers_.end())
        found->second->accepted(*queue);  // else the queue was deleted at once
    co_return std::nullopt;
}

Outcome Channel::handle(const BasicCancel& method) {
    run(method.kId, cancel(shared_from_this(), std::string(method.consumer_tag), method.no_wait));
    return std::nullopt;
}

// What was delivered before stays out, and can be settled. A tag that is unknown was cancelled
// already: that is fine.
Task<Outcome> Channel::cancel(Self /*self*/, std::string tag, bool no_wait) {
    const auto found = consumers_.find(tag);
    if (tag == reply_tag_ && !reply_name_.empty()) {
        end_replies();
        remove_consumer(tag);
    } else if (found != consumers_.end()) {
        const QueueAddress queue = found->second->queue;
        const std::shared_ptr<ConsumerPort> port = found->second->port;
        co_await connection_.broker().cancel(queue, port);
        remove_consumer(tag);
    }
    if (!no_wait) send(BasicCancelOk{tag});
    co_return std::nullopt;
}

// ---- one at a time

Outcome Channel::handle(const BasicGet& method) {
    Result<std::string> queue = queue_name(method.queue);
    if (!queue) return refusal_of(queue.error());
    run(method.kId,
        get(shared_from_this(),
            std::move(*queue),
            method.no_ack ? AckMode::automatic : AckMode::manual));
    return std::nullopt;
}

Task<Outcome> Channel::get(Self /*self*/, std::string queue, AckMode ack_mode) {
    const auto result = co_await connection_.broker().get(
        connection_.session(), std::move(queue), ack_mode == AckMode::automatic);
    if (!result) co_return refusal_of(result.error());
    if (!result->has_value()) {
        send(BasicGetEmpty{});
        co_return std::nullopt;
    }
    const GotRecord& got = **result;
    uint64_t tag = 0;
    if (ack_mode == AckMode::automatic)
        tag = unsettled_.skip();
    else
        tag = unsettled_.add(sources_.add_got(got.queue), got.delivery.key);
    if (closed_) {
        // The client will never see it.
        requeue_all();
        connection_.flush_settlements();
        co_return std::nullopt;
    }
    RecordView record = got.delivery.record;
    std::string changed;
    if (tells_more(got.delivery)) {
        changed = properties_told(got.delivery);
        record.properties = changed;
    }
    send(BasicGetOk{tag,
                    got.delivery.redelivered,
                    record.exchange,
                    record.routing_key,
                    static_cast<uint32_t>(std::min<uint64_t>(got.ready_left, UINT32_MAX))});
    if (connection_.is_open())
        connection_.writer().content(number_, record.properties, record.body);
    co_return std::nullopt;
}

}  // namespace varve::amqp
