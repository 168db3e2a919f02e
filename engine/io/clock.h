// Time and randomness, passed in so that a test can hold them still.
#pragma once

#include "engine/base/types.h"

#include <chrono>

namespace varve {

// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    // For people and time limits. May jump.
    virtual TimePoint now() const = 0;
    // For durations. Never goes back.
    virtual std::chrono::nanoseconds monotonic() const = 0;
};

// Thread-safe.
class Rng {
public:
    virtual ~Rng() = default;
    virtual uint64_t next() = 0;
};

Id128 random_id(Rng& rng);

// The machine's own. Both live as long as the process.
Clock& system_clock();
Rng& system_rng();

}  // namespace varve
