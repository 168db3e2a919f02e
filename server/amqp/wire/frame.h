// What AMQP 0-9-1 puts on a connection: the protocol header once, then frames.
#pragma once

#include "engine/base/types.h"

#include <string_view>

namespace varve::amqp {

enum class FrameType : uint8_t { method = 1, header = 2, body = 3, heartbeat = 8 };

constexpr std::string_view kProtocolHeader("AMQP\0\0\x09\x01", 8);
constexpr size_t kFrameHeaderSize = 1 + 2 + 4;  // type, channel, payload size
constexpr size_t kFrameOverhead = kFrameHeaderSize + 1;
constexpr char kFrameEnd = '\xCE';
// No peer may ask for less, and nothing larger is sent before both sides have agreed on a limit.
constexpr uint32_t kFrameSizeMin = 4096;
constexpr uint32_t kFrameSizeDefault = 131072;

// One frame. The payload borrows from the buffer it was read from.
struct Frame {
    FrameType type = FrameType::heartbeat;
    uint16_t channel = 0;
    ByteView payload;
};

}  // namespace varve::amqp
