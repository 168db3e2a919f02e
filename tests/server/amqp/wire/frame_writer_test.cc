#include "server/amqp/wire/frame_writer.h"

#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/message/properties.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve::amqp {
namespace {

std::vector<Frame> frames_of(ByteView bytes) {
    FrameReader reader = FrameReader::expecting_frames(kFrameSizeDefault);
    std::vector<Frame> frames;
    while (!bytes.empty()) {
        const FrameEvent event = reader.next(bytes);
        if (!std::holds_alternative<Frame>(event)) {
            ADD_FAILURE() << "not a frame";
            break;
        }
        frames.push_back(std::get<Frame>(event));
    }
    return frames;
}

Delivery a_delivery(ByteView body) {
    return {.consumer_tag = "ctag-1",
            .delivery_tag = 0x0102030405060708,
            .redelivered = true,
            .exchange = "events",
            .routing_key = "a.b.c",
            .properties = kNoProperties,
            .body = body};
}

TEST(FrameWriter, WritesAMethodAsOneFrameThatReadsBackTheSame) {
    std::string outbox = "what was there before";
    const size_t before = outbox.size();
    FrameWriter writer(outbox, kFrameSizeMin);

    writer.method(3, QueueDeclareOk{.queue = "work", .message_count = 7, .consumer_count = 2});

    const auto frames = frames_of(ByteView(outbox).substr(before));
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].type, FrameType::method);
    EXPECT_EQ(frames[0].channel, 3);
    const Method method = must(decode_method(frames[0].payload));
    const auto& read = std::get<QueueDeclareOk>(method);
    EXPECT_EQ(read.queue, "work");
    EXPECT_EQ(read.message_count, 7u);
    EXPECT_EQ(read.consumer_count, 2u);
}

TEST(FrameWriter, SplitsABodyAtTheNegotiatedFrameSize) {
    const size_t piece = kFrameSizeMin - kFrameOverhead;
    for (const size_t size : {size_t{0}, size_t{1}, piece, piece + 1, 2 * piece, 3 * piece + 17}) {
        std::string body;
        for (size_t i = 0; i < size; ++i) body += static_cast<char>(i % 251);
        std::string outbox;

        FrameWriter(outbox, kFrameSizeMin).content(9, kNoProperties, body);

        const auto frames = frames_of(outbox);
        ASSERT_EQ(frames.size(), 1 + (size + piece - 1) / piece);
        const ContentHeader header = must(decode_content_header(frames[0].payload));
        EXPECT_EQ(header.body_size, size);
        EXPECT_EQ(header.class_id, 60);
        EXPECT_EQ(header.properties, kNoProperties);
        std::string joined;
        for (size_t i = 1; i < frames.size(); ++i) {
            EXPECT_EQ(frames[i].type, FrameType::body);
            EXPECT_EQ(frames[i].channel, 9);
            EXPECT_LE(frames[i].payload.size(), piece);
            joined += frames[i].payload;
        }
        EXPECT_EQ(joined, body);
    }
}

TEST(FrameWriter, ADeliveryIsTheSameBytesAsItsMethodAndContent) {
    const Delivery delivery = a_delivery("body");
    std::string whole;
    std::string parts;

    FrameWriter(whole, kFrameSizeMin).delivery(5, delivery);
    FrameWriter writer(parts, kFrameSizeMin);
    writer.method(5,
                  BasicDeliver{.consumer_tag = delivery.consumer_tag,
                               .delivery_tag = delivery.delivery_tag,
                               .redelivered = true,
                               .exchange = delivery.exchange,
                               .routing_key = delivery.routing_key});
    writer.content(5, delivery.properties, delivery.body);

    EXPECT_EQ(whole, parts);
}

TEST(FrameWriter, ABodyCanBeSentFromWhereItLies) {
    const Delivery delivery = a_delivery("body sent by writev");
    std::string whole;
    std::string start;

    FrameWriter(whole, kFrameSizeMin).delivery(5, delivery);
    FrameWriter(start, kFrameSizeMin).delivery_up_to_body(5, delivery);

    EXPECT_EQ(start + std::string(delivery.body) + kFrameEnd, whole);
}

TEST(FrameWriter, NamesOfFullLengthFit) {
    const std::string name(255, 'n');
    Delivery delivery = a_delivery("x");
    delivery.consumer_tag = delivery.exchange = delivery.routing_key = name;
    std::string outbox;

    FrameWriter(outbox, kFrameSizeMin).delivery(1, delivery);

    const auto frames = frames_of(outbox);
    ASSERT_EQ(frames.size(), 3u);
    const Method method = must(decode_method(frames[0].payload));
    EXPECT_EQ(std::get<BasicDeliver>(method).routing_key, name);
}

TEST(FrameWriter, AHeartbeatIsTheEightBytesEveryClientKnows) {
    std::string outbox;
    FrameWriter(outbox, kFrameSizeMin).heartbeat();
    EXPECT_EQ(outbox, std::string("\x08\0\0\0\0\0\0\xCE", 8));
}

TEST(ContentHeader, TooShortOnesAndWeightsAreRefused) {
    EXPECT_EQ(decode_content_header(std::string(13, '\0')).error().code,
              ErrorCode::invalid_argument);
    EXPECT_TRUE(decode_content_header(std::string(14, '\0')));
    EXPECT_FALSE(decode_content_header(std::string("\0\x3c\0\1", 4) + std::string(10, '\0')));
}

}  // namespace
}  // namespace varve::amqp
