// What a client says of itself in connection.start-ok.
#pragma once

#include "engine/base/types.h"

#include <string>

namespace varve::amqp {

// What it understands beyond AMQP 0-9-1. It must not be sent what it does not announce.
struct ClientCapabilities {
    bool consumer_cancel_notify = false;
    bool connection_blocked = false;
    bool authentication_failure_close = false;
};

struct Client {
    std::string product;
    std::string version;
    std::string connection_name;
    ClientCapabilities capabilities;
    std::string properties;  // as it sent them: an encoded field table
};

// From its client_properties. What is missing or of another type counts as not said.
Client client_of(ByteView client_properties);

}  // namespace varve::amqp
