// How much waits to be written to one connection: what queues look at before they hand over more.
#pragma once

#include <atomic>
#include <cstdint>

namespace varve {

constexpr int64_t kOutboxMax =
    4 << 20;  // Enough for one round trip at 10 Gbit/s; memory per stalled connection.

// Shared by a connection and the ports of all its consumers. The broker adds what it hands over,
// and takes it off again just before ConsumerSink::deliver(); the session counts what it then puts
// into its outbox, until that is written. Beyond kOutboxMax queues stop; the connection pokes the
// queues of its consumers when it has drained and finds that some were refused: those, too, whose
// consumers got nothing meanwhile.
//
// Threading: Thread-safe.
class OutboxGauge {
public:
    void add(int64_t bytes) { bytes_.fetch_add(bytes); }
    void subtract(int64_t bytes) { bytes_.fetch_sub(bytes); }
    bool is_full() const { return bytes_.load(std::memory_order_relaxed) >= kOutboxMax; }

    // Whether a queue may hand over more. It is poked if not.
    bool has_room() {
        if (!is_full()) return true;
        starved_.store(true);
        // It may have drained between the look and the flag: look once more.
        return bytes_.load() < kOutboxMax;
    }
    // Well below the bound, so that queues are not stopped and started all the time.
    bool has_drained() const { return bytes_.load() <= kOutboxMax / 2; }
    // True once after a queue was refused: poke it.
    bool take_starved() { return starved_.load() && starved_.exchange(false); }

private:
    std::atomic<int64_t> bytes_{0};
    std::atomic<bool> starved_{false};
};

}  // namespace varve
