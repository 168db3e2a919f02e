// Time that moves only when the test says so.
#pragma once

#include "engine/io/clock.h"

#include <atomic>

namespace varve {

// Thread-safe. Both times start at fixed values and advance together.
class ManualClock final : public Clock {
public:
    static constexpr TimePoint kStart{1'700'000'000'000};

    TimePoint now() const override {
        return kStart + std::chrono::milliseconds(elapsed_ms_.load());
    }
    std::chrono::nanoseconds monotonic() const override {
        return std::chrono::milliseconds(elapsed_ms_.load());
    }

    void advance(std::chrono::milliseconds by) { elapsed_ms_ += by.count(); }

private:
    std::atomic<int64_t> elapsed_ms_ = 0;
};

}  // namespace varve
