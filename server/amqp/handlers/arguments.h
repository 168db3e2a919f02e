// Checks of what methods carry, shared by the handlers.
#pragma once

#include "server/amqp/reply_code.h"
#include "server/message/field_reader.h"

namespace varve::amqp {

// A table that does not hold together is the client's mistake in writing: 502.
inline Outcome check_arguments(ByteView table) {
    const Result<void> valid = validate_table(table);
    if (valid) return std::nullopt;
    return Refusal{ReplyCode::syntax_error, valid.error().detail};
}

}  // namespace varve::amqp
