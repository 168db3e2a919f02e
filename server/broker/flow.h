// Whether publishers are held: the disk is low, or too much waits in memory.
#pragma once

#include "engine/engine.h"
#include "server/broker/memory_gauge.h"

#include <atomic>
#include <functional>

namespace varve {

struct FlowLimits {
    Bytes in_flight_max = 0;
    Bytes transient_max = 0;
};

// Thread-safe.
class Flow {
public:
    // `on_change` is called by whoever caused the change, on its thread.
    Flow(const Engine& engine, const FlowLimits& limits, std::function<void()> on_change)
        : engine_(engine), limits_(limits), on_change_(std::move(on_change)) {}

    bool held() const { return held_.load(std::memory_order_relaxed); }
    DiskState disk() const { return disk_.load(std::memory_order_relaxed); }
    MemoryGauge& transient_memory() { return transient_memory_; }

    // To be called after something went in or out.
    void update();
    void set_disk(DiskState disk);

private:
    const Engine& engine_;
    FlowLimits limits_;
    std::function<void()> on_change_;
    MemoryGauge transient_memory_;
    std::atomic<bool> held_{false};
    std::atomic<DiskState> disk_{DiskState::good};
};

}  // namespace varve
