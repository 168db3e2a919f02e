#include "server/amqp/wire/frame_reader.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

#include <algorithm>

namespace varve::amqp {

namespace {

constexpr bool is_known(uint8_t type) {
    return (type >= static_cast<uint8_t>(FrameType::method) &&
            type <= static_cast<uint8_t>(FrameType::body)) ||
           type == static_cast<uint8_t>(FrameType::heartbeat);
}

}  // namespace

std::string_view to_string(FrameError error) {
    switch (error) {
        case FrameError::wrong_protocol:
            return "not AMQP 0-9-1";
        case FrameError::unknown_type:
            return "unknown frame type";
        case FrameError::oversize:
            return "frame larger than the negotiated frame_max";
        case FrameError::bad_end:
            return "frame without frame end";
    }
    return "";
}

FrameReader::FrameReader(Stage stage, uint32_t frame_size_max)
    : stage_(stage), frame_size_max_(frame_size_max) {
    set_frame_size_max(frame_size_max);
}

FrameReader FrameReader::expecting_protocol_header(uint32_t frame_size_max) {
    return {AwaitingProtocolHeader{}, frame_size_max};
}

FrameReader FrameReader::expecting_frames(uint32_t frame_size_max) {
    return {Frames{}, frame_size_max};
}

void FrameReader::set_frame_size_max(uint32_t frame_size_max) {
    VARVE_CHECK(frame_size_max >= kFrameSizeMin);
    frame_size_max_ = frame_size_max;
    if (Frames* frames = std::get_if<Frames>(&stage_)) {
        frames->payload_size_max = frame_size_max - static_cast<uint32_t>(kFrameOverhead);
    }
}

FrameEvent FrameReader::next_frame(ByteView& input, Frames frames) {
    if (input.empty()) return NeedMore{kFrameHeaderSize};
    // The type is judged before the rest is there: a peer that speaks another protocol may send
    // less than a header.
    const auto type = static_cast<uint8_t>(input[0]);
    if (!is_known(type)) return fail(FrameError::unknown_type);
    if (input.size() < kFrameHeaderSize) return NeedMore{kFrameHeaderSize};
    const auto payload_size = load_be<uint32_t>(input.data() + 3);
    if (payload_size > frames.payload_size_max) return fail(FrameError::oversize);
    const size_t frame_size = payload_size + kFrameOverhead;
    if (input.size() < frame_size) return NeedMore{frame_size};
    if (input[frame_size - 1] != kFrameEnd) return fail(FrameError::bad_end);
    const Frame frame{static_cast<FrameType>(type),
                      load_be<uint16_t>(input.data() + 1),
                      ByteView(input.data() + kFrameHeaderSize, payload_size)};
    input.remove_prefix(frame_size);
    return frame;
}

FrameEvent FrameReader::next_rare(ByteView& input) {
    if (const Failed* failed = std::get_if<Failed>(&stage_)) return failed->error;
    // Refused at the first wrong byte, because a peer of another protocol may wait for our answer
    // before it sends more.
    const size_t size = std::min(input.size(), kProtocolHeader.size());
    if (input.substr(0, size) != kProtocolHeader.substr(0, size))
        return fail(FrameError::wrong_protocol);
    if (size < kProtocolHeader.size()) return NeedMore{kProtocolHeader.size()};
    input.remove_prefix(size);
    stage_ = Frames{};
    set_frame_size_max(frame_size_max_);
    return ProtocolHeader{};
}

FrameEvent FrameReader::fail(FrameError error) {
    stage_ = Failed{error};
    return error;
}

}  // namespace varve::amqp
