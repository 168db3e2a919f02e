// Headers that a delivery adds to its message: x-delivery-count, which consumers of quorum queues
// look at, and x-stream-offset, which says where a reader is.
#pragma once

#include "server/broker/consumer_port.h"

#include <string>

namespace varve::amqp {

inline bool tells_more(const varve::Delivery& delivery) {
    return delivery.tells_offset || (delivery.tells_count && delivery.delivery_count > 0);
}
// The message's property list with what the delivery tells.
std::string properties_told(const varve::Delivery& delivery);

}  // namespace varve::amqp
