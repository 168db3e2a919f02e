// One basic.consume of a channel: where its queue hands deliveries.
#pragma once

#include "server/amqp/unsettled.h"
#include "server/broker/broker_shard.h"
#include "server/broker/consumer_port.h"

#include <memory>
#include <span>
#include <string>

namespace varve::amqp {

class Channel;

// Threading: Shard-bound. Lives in its channel until it is cancelled or the channel ends.
class Consumer final : public ConsumerSink {
public:
    Consumer(Channel& channel, std::string tag, AckMode ack_mode, bool tell_consume_ok);

    void deliver(const QueueAddress& queue, std::span<const varve::Delivery> deliveries) override;
    void recalled(const RecordKey& key) override;
    void cancelled(CancelReason reason) override;

    // The queue took it: what comes from now on goes to that address.
    void accepted(const QueueAddress& queue);
    bool is_accepted() const { return is_accepted_; }
    // Nothing arrives any more.
    void detach() { port->sink = nullptr; }

    const std::string tag;
    const AckMode ack_mode;
    const std::shared_ptr<ConsumerPort> port;
    SourceIndex source = 0;  // of manually acknowledged deliveries
    // What the client asked for, kept for those who ask.
    struct Asked {
        bool exclusive = false;
        int32_t priority = 0;
        std::string arguments;  // encoded field table
    };
    Asked asked;
    QueueAddress queue;

private:
    void tell_consume_ok();

    Channel& channel_;
    bool consume_ok_due_;
    bool is_accepted_ = false;
};

}  // namespace varve::amqp
