#include "server/amqp/consumer.h"

#include "server/amqp/channel_send.h"

#include <utility>

namespace varve::amqp {

Consumer::Consumer(Channel& channel, std::string consumer_tag, AckMode mode, bool tell)
    : tag(std::move(consumer_tag)),
      ack_mode(mode),
      port(std::make_shared<ConsumerPort>()),
      channel_(channel),
      consume_ok_due_(tell) {
    port->sink = this;
}

void Consumer::deliver(const QueueAddress& from, std::span<const varve::Delivery> deliveries) {
    // It may overtake the answer of consume(), which it proves.
    accepted(from);
    channel_.deliver(*this, deliveries);
}

void Consumer::recalled(const RecordKey& key) { channel_.recall(source, key); }

void Consumer::cancelled(CancelReason reason) {
    // consume() has not answered yet: it was taken all the same.
    tell_consume_ok();
    channel_.consumer_cancelled(*this, reason);
}

void Consumer::accepted(const QueueAddress& at) {
    if (std::exchange(is_accepted_, true)) return;
    queue = at;
    channel_.consumer_accepted(*this);
    tell_consume_ok();
}

void Consumer::tell_consume_ok() {
    if (std::exchange(consume_ok_due_, false)) channel_.send(BasicConsumeOk{tag});
}

}  // namespace varve::amqp
