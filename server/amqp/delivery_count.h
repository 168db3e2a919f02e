// The header x-delivery-count, which consumers of quorum queues look at.
#pragma once

#include "engine/base/types.h"

#include <string>

namespace varve::amqp {

// The property list with the header, which says how often the message was delivered before.
std::string with_delivery_count(ByteView properties, uint32_t count);

}  // namespace varve::amqp
