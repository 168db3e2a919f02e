// How many unsettled deliveries may be out: shared by a channel, which returns credit, and the
// queues that take it.
#pragma once

#include <atomic>
#include <cstdint>

namespace varve {

// Threading: Thread-safe. One gate per consumer (basic.qos global=false) and one per channel
// (global=true): a delivery takes one credit from both. A queue that found a gate closed sets
// `starved`; whoever returns credit or raises the limit and finds it set pokes the consumer's
// queue.
class CreditGate {
public:
    explicit CreditGate(uint32_t limit = 0) : limit_(limit) {}

    // 0 is unlimited.
    void set_limit(uint32_t limit) { limit_.store(limit); }
    uint32_t limit() const { return limit_.load(std::memory_order_relaxed); }
    uint32_t used() const { return used_.load(std::memory_order_relaxed); }

    bool try_take() {
        uint32_t used = used_.load();
        do {
            const uint32_t limit = limit_.load();
            if (limit != 0 && used >= limit) {
                starved_.store(true);
                // Credit may have come back, or the limit risen, between the look and the flag:
                // look once more.
                used = used_.load();
                const uint32_t limit_now = limit_.load();
                if (limit_now != 0 && used >= limit_now) return false;
            }
        } while (!used_.compare_exchange_weak(used, used + 1));
        return true;
    }
    void give_back(uint32_t count) { used_.fetch_sub(count); }
    // True once after a queue was refused: poke it.
    bool take_starved() { return starved_.load() && starved_.exchange(false); }

private:
    std::atomic<uint32_t> limit_;
    std::atomic<uint32_t> used_{0};
    std::atomic<bool> starved_{false};
};

}  // namespace varve
