// Cuts the bytes of a connection into frames, without copying them.
#pragma once

#include "server/amqp/wire/frame.h"

#include <string_view>
#include <variant>

namespace varve::amqp {

enum class FrameError : uint8_t {
    wrong_protocol,  // the first bytes are not those of AMQP 0-9-1
    unknown_type,
    oversize,  // larger than the negotiated frame_max
    bad_end,
};

std::string_view to_string(FrameError error);

// What the reader found at the front of the input.
struct NeedMore {
    size_t size = 0;  // so many bytes at the front of the input complete the next step: a hint for
                      // the buffer's size
};
struct ProtocolHeader {};
using FrameEvent = std::variant<NeedMore, ProtocolHeader, Frame, FrameError>;

// The incremental parser of one direction of a connection.
//
// Ownership: it keeps no bytes. The caller owns the read buffer, shows all unread bytes to next(),
// and shows the rest
//            again with more behind it after NeedMore.
// Failure:   after a FrameError the position in the stream is lost: every further call returns the
// same error. Threading: Caller-serialised.
class FrameReader {
public:
    // For a server: the first event is ProtocolHeader. `frame_size_max` counts the whole frame, and
    // is at least kFrameSizeMin.
    static FrameReader expecting_protocol_header(uint32_t frame_size_max);
    // For a client, whose server begins with a frame.
    static FrameReader expecting_frames(uint32_t frame_size_max);

    // The limit both sides agreed on, from the next frame on.
    void set_frame_size_max(uint32_t frame_size_max);

    // Takes one step off the front of `input`. Frame payloads borrow from `input`'s bytes.
    FrameEvent next(ByteView& input) {
        if (const Frames* frames = std::get_if<Frames>(&stage_)) return next_frame(input, *frames);
        return next_rare(input);
    }

private:
    struct AwaitingProtocolHeader {};
    struct Frames {
        uint32_t payload_size_max = 0;
    };
    struct Failed {
        FrameError error = FrameError::bad_end;
    };
    using Stage = std::variant<AwaitingProtocolHeader, Frames, Failed>;

    FrameReader(Stage stage, uint32_t frame_size_max);
    FrameEvent next_frame(ByteView& input, Frames frames);
    FrameEvent next_rare(ByteView& input);
    FrameEvent fail(FrameError error);

    Stage stage_;
    uint32_t frame_size_max_;
};

}  // namespace varve::amqp
