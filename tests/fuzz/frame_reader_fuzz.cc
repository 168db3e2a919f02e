// The frame reader, and everything that is decoded from a frame as soon as it is there.
#include "server/amqp/wire/content_header.h"
#include "server/amqp/wire/frame_reader.h"
#include "server/amqp/wire/methods.h"
#include "server/message/properties.h"

using namespace varve;        // NOLINT(google-build-using-namespace): a program of one function
using namespace varve::amqp;  // NOLINT(google-build-using-namespace)

namespace {

void look_into(const Frame& frame) {
    if (frame.type == FrameType::method) {
        discard(decode_method(frame.payload), "only reading it matters");
    } else if (frame.type == FrameType::header) {
        const auto header = decode_content_header(frame.payload);
        if (header) discard(Properties::parse(header->properties), "only reading it matters");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    ByteView input(reinterpret_cast<const char*>(data), size);
    FrameReader reader = FrameReader::expecting_protocol_header(kFrameSizeMin);
    for (;;) {
        const size_t before = input.size();
        const FrameEvent event = reader.next(input);
        if (const Frame* frame = std::get_if<Frame>(&event)) {
            VARVE_CHECK(frame->payload.size() + kFrameOverhead == before - input.size());
            look_into(*frame);
        } else if (!std::holds_alternative<ProtocolHeader>(event)) {
            return 0;
        }
    }
}
