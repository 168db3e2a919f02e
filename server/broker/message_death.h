// Why a message left its queue without being consumed.
#pragma once

#include <cstdint>
#include <string_view>

namespace varve {

enum class DeathReason : uint8_t { rejected, expired };
inline std::string_view to_string(DeathReason reason) {
    return reason == DeathReason::rejected ? "rejected" : "expired";
}

}  // namespace varve
