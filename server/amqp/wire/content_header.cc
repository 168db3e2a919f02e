#include "server/amqp/wire/content_header.h"

#include "server/message/argument_reader.h"

namespace varve::amqp {

Result<ContentHeader> decode_content_header(ByteView payload) {
    if (payload.size() < kContentHeaderSizeMin) {
        return Error{ErrorCode::invalid_argument,
                     "content header of " + std::to_string(payload.size()) + " bytes"};
    }
    ArgumentReader in(payload);
    const uint16_t class_id = in.short_integer();
    const uint16_t weight = in.short_integer();
    const uint64_t body_size = in.long_long_integer();
    if (weight != 0)
        return Error{ErrorCode::invalid_argument,
                     "content header with weight " + std::to_string(weight)};
    return ContentHeader{class_id, body_size, in.bytes(in.remaining())};
}

}  // namespace varve::amqp
