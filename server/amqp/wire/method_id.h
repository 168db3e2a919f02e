// Which method a frame carries, as AMQP 0-9-1 numbers them.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

namespace varve::amqp {

struct MethodId {
    uint16_t class_id = 0;
    uint16_t method_id = 0;
    auto operator<=>(const MethodId&) const = default;
};

// The id at the front of a method frame's payload. `invalid_argument` if the payload is shorter
// than that.
Result<MethodId> method_id_of(ByteView payload);

}  // namespace varve::amqp
