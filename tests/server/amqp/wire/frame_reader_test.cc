#include "server/amqp/wire/frame_reader.h"

#include "engine/base/bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::amqp {
namespace {

std::string frame_bytes(uint8_t type, uint16_t channel, std::string_view payload) {
    std::string bytes;
    ByteWriter to(bytes);
    to.u8(type);
    to.u16_be(channel);
    to.u32_be(static_cast<uint32_t>(payload.size()));
    to.bytes(payload);
    to.u8(0xCE);
    return bytes;
}

FrameEvent first_event(std::string_view bytes) {
    FrameReader reader = FrameReader::expecting_frames(kFrameSizeMin);
    return reader.next(bytes);
}

TEST(FrameReader, GivesTheSameFramesHoweverTheBytesArrive) {
    const std::string stream = std::string(kProtocolHeader) + frame_bytes(1, 7, "method") +
                               frame_bytes(3, 65535, "") + frame_bytes(8, 0, "");

    for (size_t piece = 1; piece <= stream.size(); ++piece) {
        FrameReader reader = FrameReader::expecting_protocol_header(kFrameSizeMin);
        std::vector<std::string> seen;
        ByteView input(stream.data(), 0);
        for (size_t arrived = 0; arrived < stream.size();) {
            const size_t more = std::min(piece, stream.size() - arrived);
            arrived += more;
            input = ByteView(input.data(), input.size() + more);
            for (;;) {
                const FrameEvent event = reader.next(input);
                if (std::holds_alternative<NeedMore>(event)) break;
                if (std::holds_alternative<ProtocolHeader>(event)) {
                    seen.emplace_back("header");
                    continue;
                }
                ASSERT_TRUE(std::holds_alternative<Frame>(event));
                const Frame& frame = std::get<Frame>(event);
                seen.push_back(std::to_string(static_cast<int>(frame.type)) + "/" +
                               std::to_string(frame.channel) + "/" + std::string(frame.payload));
            }
        }

        EXPECT_EQ(seen, (std::vector<std::string>{"header", "1/7/method", "3/65535/", "8/0/"}));
        EXPECT_TRUE(input.empty());
    }
}

TEST(FrameReader, AnotherProtocolIsRefusedAtItsFirstWrongByte) {
    for (const std::string_view bytes : {"H", "GET / HT", "AMQQ", "AMQP\1\1\0\x0a"}) {
        FrameReader reader = FrameReader::expecting_protocol_header(kFrameSizeMin);
        ByteView input = bytes;

        const FrameEvent event = reader.next(input);

        ASSERT_TRUE(std::holds_alternative<FrameError>(event)) << bytes;
        EXPECT_EQ(std::get<FrameError>(event), FrameError::wrong_protocol);
    }
}

TEST(FrameReader, AnOversizeFrameIsRefusedBeforeItsPayloadArrives) {
    const std::string largest = frame_bytes(3, 1, std::string(kFrameSizeMin - kFrameOverhead, 'x'));
    const std::string larger =
        frame_bytes(3, 1, std::string(kFrameSizeMin - kFrameOverhead + 1, 'x'));

    EXPECT_TRUE(std::holds_alternative<Frame>(first_event(largest)));
    EXPECT_EQ(std::get<FrameError>(first_event(larger.substr(0, kFrameHeaderSize))),
              FrameError::oversize);
}

TEST(FrameReader, ANegotiatedLimitHoldsFromTheNextFrameOn) {
    const std::string frame = frame_bytes(3, 1, std::string(kFrameSizeMin, 'x'));
    FrameReader reader = FrameReader::expecting_frames(kFrameSizeMin);
    reader.set_frame_size_max(2 * kFrameSizeMin);

    ByteView input = frame;
    EXPECT_TRUE(std::holds_alternative<Frame>(reader.next(input)));
    reader.set_frame_size_max(kFrameSizeMin);
    input = frame;
    EXPECT_EQ(std::get<FrameError>(reader.next(input)), FrameError::oversize);
}

TEST(FrameReader, UnknownTypesAndMissingFrameEndsAreRefused) {
    std::string no_end = frame_bytes(1, 0, "abc");
    no_end.back() = '\0';

    EXPECT_EQ(std::get<FrameError>(first_event(no_end)), FrameError::bad_end);
    for (const char* type : {"\x04", "\x09", "A", "\xff"}) {
        EXPECT_EQ(std::get<FrameError>(first_event(type)), FrameError::unknown_type);
    }
    EXPECT_EQ(std::get<FrameError>(first_event(std::string_view("\0", 1))),
              FrameError::unknown_type);
}

TEST(FrameReader, AfterAnErrorNothingIsReadAnyMore) {
    FrameReader reader = FrameReader::expecting_frames(kFrameSizeMin);
    ByteView bad = "A";
    ASSERT_TRUE(std::holds_alternative<FrameError>(reader.next(bad)));
    const std::string good = frame_bytes(8, 0, "");

    ByteView input = good;
    EXPECT_EQ(std::get<FrameError>(reader.next(input)), FrameError::unknown_type);
    EXPECT_EQ(input.size(), good.size());
}

TEST(FrameReader, SaysHowMuchCompletesTheNextFrame) {
    const std::string frame = frame_bytes(3, 1, std::string(1000, 'x'));

    const FrameEvent early = first_event(frame.substr(0, 3));
    const FrameEvent late = first_event(frame.substr(0, 500));

    EXPECT_EQ(std::get<NeedMore>(early).size, kFrameHeaderSize);
    EXPECT_EQ(std::get<NeedMore>(late).size, frame.size());
}

}  // namespace
}  // namespace varve::amqp
