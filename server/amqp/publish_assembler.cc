#include "server/amqp/publish_assembler.h"

#include "engine/base/check.h"

#include <utility>

namespace varve::amqp {

namespace {
constexpr size_t kKeptBody = 64_KiB;  // A channel keeps no larger buffer between messages.
}  // namespace

void PublishAssembler::method(const BasicPublish& publish) {
    VARVE_DCHECK(is_idle());
    stage_ = AwaitingHeader{{publish.exchange, publish.routing_key, publish.mandatory}, false};
}

std::optional<Refusal> PublishAssembler::header(const ContentHeader& header, Bytes body_size_max) {
    const AwaitingHeader* awaiting = std::get_if<AwaitingHeader>(&stage_);
    if (!awaiting)
        return Refusal{ReplyCode::unexpected_frame, "content header where none was expected"};
    if (header.class_id != BasicPublish::kId.class_id) {
        return Refusal{ReplyCode::unexpected_frame,
                       "expected content header for class 60, got one for class " +
                           std::to_string(header.class_id) + " instead"};
    }
    if (header.body_size > body_size_max) {
        return Refusal{ReplyCode::precondition_failed,
                       "message size " + std::to_string(header.body_size) +
                           " is larger than configured max size " + std::to_string(body_size_max)};
    }
    stage_ = AwaitingBody{awaiting->target, header.properties, {}, header.body_size, false};
    return std::nullopt;
}

std::optional<Refusal> PublishAssembler::body(ByteView payload) {
    AwaitingBody* awaiting = std::get_if<AwaitingBody>(&stage_);
    if (!awaiting)
        return Refusal{ReplyCode::unexpected_frame, "content body where none was expected"};
    if (payload.size() > awaiting->remaining) {
        return Refusal{ReplyCode::unexpected_frame, "content body larger than its header said"};
    }
    if (payload.size() == awaiting->remaining && body_.empty())
        awaiting->whole = payload;
    else
        body_.append(payload);
    awaiting->remaining -= payload.size();
    return std::nullopt;
}

std::optional<AssembledPublish> PublishAssembler::complete() const {
    const AwaitingBody* awaiting = std::get_if<AwaitingBody>(&stage_);
    if (!awaiting || awaiting->remaining > 0) return std::nullopt;
    return AssembledPublish{awaiting->target.exchange,
                            awaiting->target.routing_key,
                            awaiting->properties,
                            body_.empty() ? awaiting->whole : ByteView(body_),
                            awaiting->target.mandatory};
}

void PublishAssembler::keep() {
    if (auto* awaiting = std::get_if<AwaitingHeader>(&stage_)) {
        ByteView no_properties;
        if (!std::exchange(awaiting->is_kept, true)) keep(awaiting->target, no_properties);
    } else if (auto* content = std::get_if<AwaitingBody>(&stage_)) {
        if (!std::exchange(content->is_kept, true)) keep(content->target, content->properties);
    }
}

void PublishAssembler::keep(Target& target, ByteView& properties) {
    // The target may lie in kept_ already: build anew, then swap.
    const size_t exchange_size = target.exchange.size();
    const size_t routing_key_size = target.routing_key.size();
    std::string kept;
    kept.reserve(exchange_size + routing_key_size + properties.size());
    kept.append(target.exchange).append(target.routing_key).append(properties);
    kept_.swap(kept);
    const ByteView owned(kept_);
    target.exchange = owned.substr(0, exchange_size);
    target.routing_key = owned.substr(exchange_size, routing_key_size);
    properties = owned.substr(exchange_size + routing_key_size);
}

void PublishAssembler::reset() {
    stage_ = Idle{};
    if (body_.capacity() > kKeptBody)
        body_ = std::string();
    else
        body_.clear();
}

}  // namespace varve::amqp
