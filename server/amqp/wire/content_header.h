// The header frame between a method that carries content and its body.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

namespace varve::amqp {

constexpr size_t kContentHeaderSizeMin = 2 + 2 + 8 + 2;  // class, weight, body size, property flags

struct ContentHeader {
    uint16_t class_id = 0;
    uint64_t body_size = 0;
    ByteView properties;  // the property list as it came: flags and values; see properties.h
};

// Decodes the payload of a header frame; the property list borrows from it and is not looked into.
// `invalid_argument` if it is too short or its weight, which must be zero, is not.
Result<ContentHeader> decode_content_header(ByteView payload);

}  // namespace varve::amqp
