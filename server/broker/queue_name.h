// Names for what a client declares without one.
#pragma once

#include "engine/io/clock.h"

#include <string>
#include <string_view>

namespace varve {

// The prefix and 22 characters of base64url: 128 random bits.
std::string generated_name(std::string_view prefix, Rng& rng);
inline std::string generated_queue_name(Rng& rng) { return generated_name("amq.gen-", rng); }

}  // namespace varve
