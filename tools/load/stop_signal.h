// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <cstdint>

namespace varve::load {

// While it exists, the two signals do not end the process. Create it before other threads start,
// which inherit that. Threading: wake() is Thread-safe, the rest Caller-serialised.
class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    // Waits until `until_ns` (clock.h), a signal or wake(). True if it was a signal.
    bool wait_until(int64_t until_ns);
    // Ends the wait, or the next one.
    void wake();

private:
    int signals_;
    int wakeups_;
};

}  // namespace varve::load
