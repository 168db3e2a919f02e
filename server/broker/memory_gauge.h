// Bytes that something holds in memory, over all shards.
#pragma once

#include "engine/base/types.h"

#include <atomic>

namespace varve {

// Thread-safe.
class MemoryGauge {
public:
    void add(Bytes size) { used_.fetch_add(size, std::memory_order_relaxed); }
    void subtract(Bytes size) { used_.fetch_sub(size, std::memory_order_relaxed); }
    Bytes used() const { return used_.load(std::memory_order_relaxed); }

private:
    std::atomic<Bytes> used_{0};
};

}  // namespace varve
