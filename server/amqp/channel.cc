#include "server/amqp/channel.h"

#include "engine/base/bytes.h"
#include "server/amqp/channel_send.h"
#include "server/amqp/connection.h"
#include "server/amqp/delivery_headers.h"

#include <utility>
#include <vector>

namespace varve::amqp {

namespace {

// Bodies from this size on are written from where they lie: below, a copy costs less than another
// piece of a write.
constexpr size_t kSliceMin = 16_KiB;

template <typename M>
Outcome decoded(ByteView payload, M& method) {
    if (decode_arguments(payload.substr(4), method)) return std::nullopt;
    return Refusal{ReplyCode::syntax_error,
                   std::string(method_name(M::kId)) + ": the arguments are cut short or too long"};
}

}  // namespace

Channel::Channel(Connection& connection, uint16_t number, SessionLimits::Admission admission)
    : connection_(connection), number_(number), admission_(std::move(admission)) {}

Channel::~Channel() = default;

// ---- frames in

Channel::Message Channel::on_frame(const Frame& frame) {
    if (frame.type == FrameType::method) return on_method(frame.payload);
    if (closed_) return Message::complete;
    Outcome outcome;
    if (frame.type == FrameType::header) {
        const auto header = decode_content_header(frame.payload);
        outcome = header ? assembler_.header(*header, connection_.options().message_size_max)
                         : Refusal{ReplyCode::syntax_error, header.error().detail};
    } else {
        outcome = assembler_.body(frame.payload);
    }
    const auto message = outcome ? std::nullopt : assembler_.complete();
    if (message) outcome = publish(*message);
    if (outcome) connection_.refuse(*this, BasicPublish::kId, *outcome);
    if (outcome || message) assembler_.reset();
    return assembler_.is_idle() ? Message::complete : Message::incomplete;
}

// After anything but a publish the channel may be gone.
Channel::Message Channel::on_method(ByteView payload) {
    const auto id = method_id_of(payload);
    if (!id) {
        connection_.refuse(*this, {}, {ReplyCode::syntax_error, id.error().detail});
        return Message::complete;
    }
    if (closed_) {
        on_closed_method(*id);
        return Message::complete;
    }
    if (!assembler_.is_idle()) {
        connection_.refuse(
            *this,
            *id,
            {ReplyCode::unexpected_frame,
             "expected content header for class 60, got non content header frame instead"});
        return Message::complete;
    }
    if (*id == BasicPublish::kId) {
        BasicPublish method;
        Outcome outcome = decoded(payload, method);
        if (!outcome) outcome = begin(method);
        if (!outcome) return Message::incomplete;
        connection_.refuse(*this, *id, *outcome);
        return Message::complete;
    }
    if (const Outcome outcome = on_other_method(*id, payload))
        connection_.refuse(*this, *id, *outcome);
    return Message::complete;
}

Outcome Channel::on_other_method(MethodId id, ByteView payload) {
    if (id == BasicAck::kId) {
        BasicAck method;
        Outcome outcome = decoded(payload, method);
        return outcome ? outcome : handle(method);
    }
    const Result<Method> method = decode_method(payload);
    if (!method) {
        const bool unknown = method.error().code == ErrorCode::not_implemented;
        return Refusal{unknown ? ReplyCode::not_implemented : ReplyCode::syntax_error,
                       method.error().detail};
    }
    return std::visit([this](const auto& m) { return handle(m); }, *method);
}

// Both sides may have closed at once: then the client's close gets its answer, too.
void Channel::on_closed_method(MethodId id) {
    if (id == ChannelClose::kId) connection_.writer().method(number_, ChannelCloseOk{});
    if (id == ChannelClose::kId || id == ChannelCloseOk::kId) connection_.forget(*this);
}

// What a server sends, or what belongs on channel 0.
template <typename M>
Outcome Channel::handle(const M& /*method*/) {
    return Refusal{ReplyCode::command_invalid, "unimplemented method"};
}

void Channel::run(MethodId method, Task<Outcome> task) {
    connection_.run(shared_from_this(), method, std::move(task));
}

// ---- deliveries out

void Channel::deliver(Consumer& consumer, std::span<const varve::Delivery> deliveries) {
    const bool answered = is_answered(consumer.ack_mode);
    FrameWriter writer = connection_.writer();
    std::string changed;
    for (const varve::Delivery& delivery : deliveries) {
        const RecordView& record = delivery.record;
        ByteView properties = record.properties;
        if (tells_more(delivery)) [[unlikely]] {
            changed = properties_told(delivery);
            properties = changed;
        }
        const uint64_t tag =
            answered ? unsettled_.add(consumer.source, delivery.key) : unsettled_.skip();
        if (record.body.size() < kSliceMin) {
            writer.delivery(number_,
                            {consumer.tag,
                             tag,
                             delivery.redelivered,
                             record.exchange,
                             record.routing_key,
                             properties,
                             record.body});
            continue;
        }
        writer.method(
            number_,
            BasicDeliver{
                consumer.tag, tag, delivery.redelivered, record.exchange, record.routing_key});
        writer.content_header(number_, properties, record.body.size());
        connection_.write_body(number_, record.body, delivery.batch);
    }
    if (answered) sources_.at(consumer.source).out += static_cast<uint32_t>(deliveries.size());
}

void Channel::consumer_accepted(const Consumer& consumer) {
    if (is_answered(consumer.ack_mode)) sources_.at(consumer.source).queue = consumer.queue;
    // What has come back since its queue took it was told to the others.
    connection_.broker().poke(consumer.queue);
}

void Channel::consumer_cancelled(Consumer& consumer, CancelReason /*reason*/) {
    if (connection_.client().capabilities.consumer_cancel_notify)
        send(BasicCancel{consumer.tag, true});
    remove_consumer(consumer.tag);
}

void Channel::remove_consumer(const std::string& tag) {
    const auto found = consumers_.find(tag);
    if (found == consumers_.end()) return;
    found->second->detach();
    if (is_answered(found->second->ack_mode)) sources_.end_use(found->second->source);
    consumers_.erase(found);
}

// ---- the end

void Channel::close() {
    detach();
    connection_.spawn(release(shared_from_this()));
}

void Channel::detach() {
    end_all_but_confirms();
    if (publisher_) publisher_->close();
}

void Channel::end_all_but_confirms() {
    closed_ = true;
    end_replies();
    for (const auto& [tag, consumer] : consumers_) consumer->detach();
}

Task<void> Channel::end_deliveries(Self /*self*/) {
    detach();
    std::vector<std::pair<QueueAddress, std::shared_ptr<ConsumerPort>>> accepted;
    for (const auto& [tag, consumer] : consumers_) {
        if (consumer->is_accepted()) accepted.emplace_back(consumer->queue, consumer->port);
    }
    for (const auto& [queue, port] : accepted)
        co_await connection_.broker().end_deliveries(queue, port);
}

Task<void> Channel::release(Self self) {
    if (std::exchange(released_, true)) co_return;
    co_await end_deliveries(self);
    // While their queues are asked to stop, nothing may look at consumers that are on their way
    // out.
    auto consumers = std::exchange(consumers_, {});
    std::erase_if(consumers, [](const auto& entry) { return !entry.second->is_accepted(); });
    if (tx_) {
        for (const BufferedSettlement& settlement : tx_->settlements)
            unsettled_.put_back({settlement.record});
        tx_.reset();
    }
    // Before they go: whoever gets the queue after them gets what they held first.
    requeue_all();
    connection_.flush_settlements();
    for (const auto& [tag, consumer] : consumers)
        co_await connection_.broker().cancel(consumer->queue, consumer->port);
}

}  // namespace varve::amqp
