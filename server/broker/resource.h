// How error texts name a queue or an exchange: clients and people know these words from RabbitMQ.
#pragma once

#include <string>
#include <string_view>

namespace varve {

inline std::string queue_text(std::string_view name, std::string_view vhost) {
    return "queue '" + std::string(name) + "' in vhost '" + std::string(vhost) + "'";
}
inline std::string exchange_text(std::string_view name, std::string_view vhost) {
    return "exchange '" + std::string(name) + "' in vhost '" + std::string(vhost) + "'";
}

}  // namespace varve
