// Randomness that a failed test can ask for again.
#pragma once

#include "engine/io/clock.h"

#include <atomic>

namespace varve {

// SplitMix64: the same seed gives the same numbers. Thread-safe, but then their order among threads
// is open.
class SeededRng final : public Rng {
public:
    explicit SeededRng(uint64_t seed) : state_(seed) {}

    uint64_t next() override { return mixed(state_.fetch_add(kStep) + kStep); }
    // In [0, bound); `bound` is not 0. The bias is below what a test can notice.
    uint64_t below(uint64_t bound) { return next() % bound; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    // An independent seed for part `part` of whatever `seed` started.
    static uint64_t derived(uint64_t seed, uint64_t part) {
        return mixed(mixed(seed) ^ (part + kStep));
    }

private:
    static constexpr uint64_t kStep = 0x9e3779b97f4a7c15;
    static uint64_t mixed(uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::atomic<uint64_t> state_;
};

}  // namespace varve
