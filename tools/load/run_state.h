// What the threads of a run tell one another.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace varve::load {

// Threading: Thread-safe. Each counter is written by one thread.
struct RunState {
    std::atomic<bool> stop_publishing{false};  // somebody has pressed Ctrl-C
    std::atomic<bool> abandon{false};          // the run has failed: everybody ends at once
    std::atomic<bool> publishing_done{
        false};  // the publishing thread has ended, its account is final
    std::atomic<int64_t> drain_end_ns{
        std::numeric_limits<int64_t>::max()};  // consuming ends here at the latest

    std::atomic<uint64_t> published{0};
    std::atomic<uint64_t> delivered{0};
};

// Added to by one thread, read by others: no locked instruction is needed.
inline void add_to(std::atomic<uint64_t>& counter, uint64_t count) {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
}

// When things happen in a run (clock.h).
struct Schedule {
    int64_t begin_ns = 0;
    int64_t measure_begin_ns =
        0;  // after the warm-up: what is sent or arrives earlier is not in the results
    int64_t publish_end_ns = 0;
};

// Messages counted from Schedule::measure_begin_ns on.
struct Meter {
    uint64_t count = 0;
    int64_t last_ns = 0;  // when the last of them was counted
};

}  // namespace varve::load
