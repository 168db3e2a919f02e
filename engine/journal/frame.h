// One group commit in its encoded form: a header and the payload. No I/O.
#pragma once

#include "engine/base/hash.h"
#include "engine/base/types.h"
#include "engine/journal/format.h"

#include <array>
#include <optional>
#include <span>

namespace varve::journal {

struct FrameHeader {
    uint32_t payload_size = 0;
    uint64_t hash = 0;
    uint64_t epoch = 0;
    Position position;
    Position durable_before;
    uint64_t boot = 0;
    TimePoint written;
    uint32_t entry_count = 0;
    uint32_t flags = 0;

    uint64_t size() const { return frame_size(payload_size); }
    Position end() const { return position + size(); }
};

using EncodedFrameHeader = std::array<char, kFrameHeaderSize>;

// Ignores `header.hash` and computes it over the fields and the payload's pieces. `hasher` is
// scratch.
EncodedFrameHeader encode(const FrameHeader& header,
                          std::span<const ByteView> payload,
                          Xxh3Stream& hasher);

// The header, if these bytes are one that belongs at this place; whether the frame verifies is
// another question.
std::optional<FrameHeader> decode_frame_header(ByteView bytes, uint64_t epoch, Position position);

// `frame` starts at the header and holds at least the payload.
bool verifies(const FrameHeader& header, ByteView frame, Xxh3Stream& hasher);

}  // namespace varve::journal
