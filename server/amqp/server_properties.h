// What connection.start tells a client of the broker (docs/amqp.md, Server properties).
#pragma once

#include "server/amqp/options.h"

#include <string>

namespace varve::amqp {

// An encoded field table, without its length. Only types that py-amqp reads as RabbitMQ does:
// strings, bools, tables.
std::string server_properties(const AmqpOptions& options);

}  // namespace varve::amqp
