// What the AMQP front end is told once, at start.
#pragma once

#include "engine/base/types.h"
#include "server/amqp/wire/frame.h"

#include <chrono>
#include <string>

namespace varve::amqp {

struct AmqpOptions {
    // What clients are told the broker is, and by which kombu chooses the form of basic.qos
    // (docs/amqp.md).
    std::string product = "RabbitMQ";
    std::string product_version = "3.13.7";
    std::string varve_version;
    std::chrono::seconds heartbeat{60};  // offered; 0: none
    Bytes message_size_max = 16_MiB;
    std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
};

// Offered, and not exceeded by any client.
constexpr uint32_t kFrameSizeMax = kFrameSizeDefault;

}  // namespace varve::amqp
