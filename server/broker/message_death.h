// Why a message left its queue without being consumed.
#pragma once

#include <cstdint>
#include <string_view>

namespace varve {

enum class DeathReason : uint8_t { rejected, expired, maxlen, delivery_limit };
inline std::string_view to_string(DeathReason reason) {
    switch (reason) {
        case DeathReason::rejected:
            return "rejected";
        case DeathReason::expired:
            return "expired";
        case DeathReason::maxlen:
            return "maxlen";
        case DeathReason::delivery_limit:
            return "delivery_limit";
    }
    return "rejected";
}

}  // namespace varve
