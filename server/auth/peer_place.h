// Where a client connects from, as far as rights depend on it.
#pragma once

#include <cstdint>

namespace varve {

enum class PeerPlace : uint8_t { loopback, network };

}  // namespace varve
