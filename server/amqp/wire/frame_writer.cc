#include "server/amqp/wire/frame_writer.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "server/amqp/wire/content_header.h"
#include "server/message/argument_writer.h"

#include <algorithm>
#include <limits>

namespace varve::amqp {

namespace {

// Fills a buffer on the stack: one append to the outbox costs less than one for each field.
class Filler {
public:
    explicit Filler(char* to) : begin_(to), at_(to) {}

    template <typename T>
    void integer(T value) {
        store_be(at_, value);
        at_ += sizeof value;
    }
    void bytes(ByteView raw) {
        std::memcpy(at_, raw.data(), raw.size());
        at_ += raw.size();
    }
    void short_string(ByteView text) {
        VARVE_CHECK(text.size() <= kShortStringSizeMax);
        integer(static_cast<uint8_t>(text.size()));
        bytes(text);
    }
    void frame_header(FrameType type, uint16_t channel, size_t payload_size) {
        integer(static_cast<uint8_t>(type));
        integer(channel);
        integer(static_cast<uint32_t>(payload_size));
    }
    void frame_end() { integer(static_cast<uint8_t>(kFrameEnd)); }
    // class, weight and body size: the property list follows.
    void content_header(uint64_t body_size) {
        integer(BasicDeliver::kId.class_id);
        integer(uint16_t{0});
        integer(body_size);
    }
    ByteView view() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

private:
    char* begin_;
    char* at_;
};

constexpr size_t kFixedHeaderSize = kContentHeaderSizeMin - 2;  // without the property flags
constexpr size_t kDeliverFixedSize = 2 + 2 + 8 + 1;             // ids, delivery tag, bits
constexpr size_t kDeliverSizeMax = kDeliverFixedSize + 3 * (1 + kShortStringSizeMax);

}  // namespace

FrameWriter::FrameWriter(std::string& outbox, uint32_t frame_size_max)
    : outbox_(outbox), payload_size_max_(0) {
    set_frame_size_max(frame_size_max);
}

void FrameWriter::set_frame_size_max(uint32_t frame_size_max) {
    VARVE_CHECK(frame_size_max >= kFrameSizeMin);
    payload_size_max_ = frame_size_max - kFrameOverhead;
}

size_t FrameWriter::begin_frame(FrameType type, uint16_t channel) {
    const size_t start = outbox_.size();
    char header[kFrameHeaderSize];
    Filler(header).frame_header(type, channel, 0);
    outbox_.append(header, sizeof header);
    return start;
}

void FrameWriter::end_frame(size_t start) {
    const size_t payload_size = outbox_.size() - start - kFrameHeaderSize;
    store_be(outbox_.data() + start + 3, static_cast<uint32_t>(payload_size));
    outbox_.push_back(kFrameEnd);
}

void FrameWriter::content(uint16_t channel, ByteView properties, ByteView content_body) {
    content_header(channel, properties, content_body.size());
    body(channel, content_body);
}

void FrameWriter::delivery(uint16_t channel, const Delivery& delivery) {
    delivery_and_header(channel, delivery);
    body(channel, delivery.body);
}

void FrameWriter::delivery_up_to_body(uint16_t channel, const Delivery& delivery) {
    VARVE_CHECK(!delivery.body.empty() && fits_one_frame(delivery.body.size()));
    delivery_and_header(channel, delivery);
    char start[kFrameHeaderSize];
    Filler(start).frame_header(FrameType::body, channel, delivery.body.size());
    outbox_.append(start, sizeof start);
}

void FrameWriter::heartbeat() { end_frame(begin_frame(FrameType::heartbeat, 0)); }

void FrameWriter::delivery_and_header(uint16_t channel, const Delivery& delivery) {
    char start[kFrameOverhead + kDeliverSizeMax + kFrameHeaderSize + kFixedHeaderSize];
    Filler to(start);
    to.frame_header(FrameType::method,
                    channel,
                    kDeliverFixedSize + 3 + delivery.consumer_tag.size() +
                        delivery.exchange.size() + delivery.routing_key.size());
    to.integer(BasicDeliver::kId.class_id);
    to.integer(BasicDeliver::kId.method_id);
    to.short_string(delivery.consumer_tag);
    to.integer(delivery.delivery_tag);
    to.integer(static_cast<uint8_t>(delivery.redelivered ? 1 : 0));
    to.short_string(delivery.exchange);
    to.short_string(delivery.routing_key);
    to.frame_end();
    to.frame_header(FrameType::header, channel, kFixedHeaderSize + delivery.properties.size());
    to.content_header(delivery.body.size());
    outbox_.append(to.view());
    outbox_.append(delivery.properties);
    outbox_.push_back(kFrameEnd);
}

void FrameWriter::content_header(uint16_t channel, ByteView properties, uint64_t body_size) {
    char start[kFrameHeaderSize + kFixedHeaderSize];
    Filler to(start);
    to.frame_header(FrameType::header, channel, kFixedHeaderSize + properties.size());
    to.content_header(body_size);
    outbox_.append(to.view());
    outbox_.append(properties);
    outbox_.push_back(kFrameEnd);
}

void FrameWriter::body(uint16_t channel, ByteView body) {
    while (!body.empty()) {
        const ByteView piece = body.substr(0, payload_size_max_);
        char start[kFrameHeaderSize];
        Filler(start).frame_header(FrameType::body, channel, piece.size());
        outbox_.append(start, sizeof start);
        outbox_.append(piece);
        outbox_.push_back(kFrameEnd);
        body.remove_prefix(piece.size());
    }
}

}  // namespace varve::amqp
