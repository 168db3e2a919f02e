// Whether publishers are held: the disk is low, or too much waits in memory.
#pragma once

#include "engine/base/mutex.h"
#include "engine/engine.h"
#include "server/broker/memory_gauge.h"

#include <atomic>
#include <cstdint>
#include <functional>

namespace varve {

enum class Alarm : uint8_t { disk, memory };

// What is short, and why publishers are told that they are blocked. An operator can raise either,
// to see how clients take it.
struct AlarmState {
    bool disk = false;
    bool memory = false;
    bool any() const { return disk || memory; }
};

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
    // Not even a little is to be published: the disk is full, or an operator says so.
    bool stopped() const {
        return disk_.load(std::memory_order_relaxed) == DiskState::full || raised_disk_.load() ||
               raised_memory_.load();
    }
    AlarmState alarms() const {
        return {.disk = disk_.load() != DiskState::good || raised_disk_.load(),
                .memory = raised_memory_.load()};
    }
    MemoryGauge& transient_memory() { return transient_memory_; }

    // To be called after something went in or out.
    void update();
    void set_disk(DiskState disk);
    // Raised by hand; what the disk says comes on top.
    void set_alarm(Alarm alarm, bool raised);

private:
    // Whether that changed anything.
    bool judge();

    const Engine& engine_;
    FlowLimits limits_;
    Mutex mutex_;  // a leaf
    std::function<void()> on_change_;
    MemoryGauge transient_memory_;
    std::atomic<bool> held_{false};
    std::atomic<DiskState> disk_{DiskState::good};
    std::atomic<bool> raised_disk_{false};
    std::atomic<bool> raised_memory_{false};
};

}  // namespace varve
