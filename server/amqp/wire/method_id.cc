#include "server/amqp/wire/method_id.h"

#include "server/message/argument_reader.h"

namespace varve::amqp {

Result<MethodId> method_id_of(ByteView payload) {
    ArgumentReader in(payload);
    const MethodId id{in.short_integer(), in.short_integer()};
    if (!in.ok()) return Error{ErrorCode::invalid_argument, "method frame of less than four bytes"};
    return id;
}

}  // namespace varve::amqp
