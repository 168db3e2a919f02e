// The engine's second thread: writes checkpoints, asks for retention, watches the disk.
#pragma once

#include "engine/base/result.h"
#include "engine/committer.h"
#include "engine/disk_watch.h"
#include "engine/io/clock.h"
#include "engine/io/file_system.h"
#include "engine/options.h"
#include "engine/store/store.h"

#include <chrono>
#include <optional>
#include <thread>

namespace varve {

// What upkeep works with. Everything outlives it.
struct UpkeepParts {
    FileSystem& files;
    Clock& clock;
    Path directory;
    Store& store;
    Committer& committer;
    DiskWatch& disk;
    const EngineOptions& options;
};

// Runs from its construction until the committer's handoff is shut. With manual_upkeep it only
// writes the checkpoints that were asked for.
//
// Failure: a checkpoint that finds no space is kept and tried again; any other failure stops the
// committer.
class Upkeep {
public:
    explicit Upkeep(UpkeepParts parts);
    // Waits for the thread; the handoff must be shut.
    ~Upkeep();

private:
    void run();
    void write_held();
    void on_time();
    void look_at_disk();

    const UpkeepParts parts_;
    std::optional<FrozenState> held_;
    std::chrono::nanoseconds next_retention_;
    std::thread thread_;  // last: it uses everything above
};

}  // namespace varve
