// The basic.deliver frame of one subscription, written once: from message to message only the tag
// changes.
#pragma once

#include "engine/base/bytes.h"
#include "server/amqp/wire/frame_writer.h"

#include <string>

namespace varve::null_broker {

constexpr uint16_t kChannel = 1;  // the one that every connection may open

class DeliverFrame {
public:
    explicit DeliverFrame(std::string consumer_tag) : consumer_tag_(std::move(consumer_tag)) {}

    // The frame for the next message that came by that exchange and routing key. Valid until the
    // next call.
    ByteView next(ByteView exchange, ByteView routing_key) {
        if (bytes_.empty() || exchange != exchange_ || routing_key != routing_key_)
            build(exchange, routing_key);
        store_be(bytes_.data() + kTagAt + consumer_tag_.size(), ++delivery_tag_);
        return bytes_;
    }

private:
    // Ids of class and method, and the length of the consumer tag.
    static constexpr size_t kTagAt = amqp::kFrameHeaderSize + 4 + 1;

    void build(ByteView exchange, ByteView routing_key) {
        exchange_ = exchange;
        routing_key_ = routing_key;
        bytes_.clear();
        amqp::FrameWriter(bytes_, amqp::kFrameSizeDefault)
            .method(kChannel,
                    amqp::BasicDeliver{.consumer_tag = consumer_tag_,
                                       .exchange = exchange_,
                                       .routing_key = routing_key_});
    }

    std::string consumer_tag_;
    std::string exchange_;
    std::string routing_key_;
    std::string bytes_;
    uint64_t delivery_tag_ = 0;
};

}  // namespace varve::null_broker
