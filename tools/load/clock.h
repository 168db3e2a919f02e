// The clock of the load generator: the same in every process of one machine until it reboots.
#pragma once

#include <chrono>
#include <cstdint>

namespace varve::load {

inline int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kMillisecondNs = 1'000'000;

}  // namespace varve::load
