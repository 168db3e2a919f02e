// basic.publish, its returns and its confirms.
#include "server/amqp/channel_send.h"
#include "server/message/properties.h"

namespace varve::amqp {

namespace {

PublishRequest request_of(const AssembledPublish& publish) {
    return {publish.exchange, publish.routing_key, publish.properties, publish.body};
}

}  // namespace

Outcome Channel::begin(const BasicPublish& method) {
    if (method.immediate) return Refusal{ReplyCode::not_implemented, "immediate=true"};
    assembler_.method(method);
    return std::nullopt;
}

Outcome Channel::publish(const AssembledPublish& publish) {
    const Result<Properties> properties = Properties::parse(publish.properties);
    if (!properties) return Refusal{ReplyCode::syntax_error, properties.error().detail};
    if (Outcome wrong = check_user(*properties)) return wrong;
    if (!properties->has(Property::reply_to)) return pass_on(publish);
    std::string addressed;
    if (Outcome wrong = address_reply(*properties, addressed)) return wrong;
    AssembledPublish message = publish;
    if (!addressed.empty()) message.properties = addressed;
    return pass_on(message);
}

Outcome Channel::pass_on(const AssembledPublish& publish) {
    connection_.note_publish();
    if (tx_) return buffer(publish);
    const PublishRequest request = request_of(publish);
    const auto outcome = connection_.broker().publish(connection_.session(), request, publisher_);
    if (!outcome) return refusal_of(outcome.error());
    // At once: confirms of this turn come at its end.
    if (*outcome == PublishOutcome::unroutable && publish.mandatory) send_return(request);
    return std::nullopt;
}

Outcome Channel::check_user(const Properties& properties) const {
    const auto user = properties.text(Property::user_id);
    if (user && *user != connection_.session().user &&
        !connection_.broker().may_impersonate(connection_.session())) {
        return Refusal{ReplyCode::precondition_failed,
                       "user_id property set to '" + std::string(*user) +
                           "' but authenticated user was '" + connection_.session().user + "'"};
    }
    return std::nullopt;
}

void Channel::send_return(const PublishRequest& request) {
    send(BasicReturn{static_cast<uint16_t>(ReplyCode::no_route),
                     name_of(ReplyCode::no_route),
                     request.exchange,
                     request.routing_key});
    connection_.writer().content(number_, request.properties, request.body);
}

Outcome Channel::handle(const ConfirmSelect& method) {
    if (tx_)
        return Refusal{ReplyCode::precondition_failed, "cannot switch from tx to confirm mode"};
    if (!publisher_) {
        confirms_ = std::make_unique<ConfirmOrder>();
        publisher_ =
            std::make_shared<Publisher>([this](const ConfirmRange& range) { on_confirm(range); });
    }
    if (!method.no_wait) send(ConfirmSelectOk{});
    return std::nullopt;
}

// Until the publisher is closed, which may be later than the channel.
void Channel::on_confirm(const ConfirmRange& range) {
    if (!connection_.is_open()) return;
    FrameWriter writer = connection_.writer();
    confirms_->settle(range, [this, &writer](uint64_t tag, bool multiple, bool accepted) {
        if (accepted)
            writer.method(number_, BasicAck{tag, multiple});
        else
            writer.method(number_, BasicNack{tag, multiple, false});
    });
}

}  // namespace varve::amqp
