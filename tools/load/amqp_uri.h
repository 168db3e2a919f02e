// Where a broker is and who logs in: amqp://user:password@host:port/vhost
#pragma once

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace varve::load {

struct AmqpUri {
    std::string user = "guest";
    std::string password = "guest";
    std::string host = "127.0.0.1";
    uint16_t port = 5672;
    std::string vhost = "/";

    // Missing parts keep their defaults; %xx stands for any byte in user, password and vhost. "/"
    // alone as the path is the default vhost, as most people mean it. `invalid_argument` says what
    // is wrong.
    static Result<AmqpUri> parse(std::string_view text);
    // host:port, for messages.
    std::string address() const { return host + ":" + std::to_string(port); }
};

}  // namespace varve::load
