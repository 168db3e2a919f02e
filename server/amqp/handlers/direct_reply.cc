// Direct reply-to: consuming from amq.rabbitmq.reply-to, and publishing with that name in reply-to.
#include "server/amqp/channel_send.h"
#include "server/broker/reply_directory.h"
#include "server/message/properties.h"

namespace varve::amqp {

Outcome Channel::consume_replies(std::string tag, const BasicConsume& method) {
    if (!method.no_ack)
        return Refusal{ReplyCode::precondition_failed, "reply consumer cannot acknowledge"};
    if (!reply_name_.empty())
        return Refusal{ReplyCode::precondition_failed, "reply consumer already set"};
    auto consumer = make_consumer(tag, AckMode::automatic, method.no_wait);
    reply_tag_ = tag;
    reply_name_ = connection_.broker().begin_replies(consumer->port);
    Consumer& added = *consumers_.emplace(std::move(tag), std::move(consumer)).first->second;
    added.accepted({});
    return std::nullopt;
}

void Channel::end_replies() {
    if (reply_name_.empty()) return;
    connection_.broker().end_replies(reply_name_);
    reply_name_.clear();
    reply_tag_.clear();
}

// Puts the channel's own name in the place of the one that all requesters have in common.
Outcome Channel::address_reply(const Properties& properties, std::string& addressed) const {
    if (properties.text(Property::reply_to) != kReplyQueue) return std::nullopt;
    if (reply_name_.empty())
        return Refusal{ReplyCode::precondition_failed, "fast reply consumer does not exist"};
    addressed = PropertiesBuilder(properties).text(Property::reply_to, reply_name_).encode();
    return std::nullopt;
}

}  // namespace varve::amqp
