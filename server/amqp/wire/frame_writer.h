// Appends frames to an outbox.
#pragma once

#include "server/amqp/wire/frame.h"
#include "server/amqp/wire/methods.h"

#include <string>

namespace varve::amqp {

// One message on its way to a consumer. The views last for the call. Names are at most 255 bytes.
struct Delivery {
    ByteView consumer_tag;
    uint64_t delivery_tag = 0;
    bool redelivered = false;
    ByteView exchange;
    ByteView routing_key;
    ByteView properties;  // the property list as it was published: flags and values
    ByteView body;
};

// Writes the frames of one connection. Everything it appends is complete frames, in order.
//
// Bodies are split at the negotiated limit. AMQP cannot split a method or a property list: one that
// was published with a larger limit than its consumer has goes out as it is, and that consumer may
// close its connection.
//
// Ownership: the outbox belongs to the caller, who may take bytes off it between calls.
// Threading: Caller-serialised.
class FrameWriter {
public:
    // `frame_size_max` is the negotiated limit of a whole frame, at least kFrameSizeMin.
    FrameWriter(std::string& outbox, uint32_t frame_size_max);

    void set_frame_size_max(uint32_t frame_size_max);

    // M is a method struct or Method.
    template <typename M>
    void method(uint16_t channel, const M& method) {
        const size_t start = begin_frame(FrameType::method, channel);
        encode(method, outbox_);
        end_frame(start);
    }

    // The header frame and as many body frames as it takes; follows a method that has content.
    // The property list goes out as it is, and is at least the two bytes of its flags.
    void content(uint16_t channel, ByteView properties, ByteView body);

    // The header frame alone, for a body that the caller splits into frames.
    void content_header(uint16_t channel, ByteView properties, uint64_t body_size);

    // basic.deliver with its content.
    void delivery(uint16_t channel, const Delivery& delivery);

    // As delivery(), up to where the body's bytes follow: for a body that is sent from where it
    // lies. Only for bodies that fit one frame (fits_one_frame()) and are not empty; the caller
    // sends body and kFrameEnd right after it.
    void delivery_up_to_body(uint16_t channel, const Delivery& delivery);
    bool fits_one_frame(size_t body_size) const { return body_size <= payload_size_max_; }

    void heartbeat();

private:
    size_t begin_frame(FrameType type, uint16_t channel);
    void end_frame(size_t start);
    void delivery_and_header(uint16_t channel, const Delivery& delivery);
    void body(uint16_t channel, ByteView body);

    std::string& outbox_;
    size_t payload_size_max_;
};

}  // namespace varve::amqp
