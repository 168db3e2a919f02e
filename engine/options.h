// Every knob of the engine, with its unit, default and cost.
#pragma once

#include "engine/base/types.h"

#include <chrono>
#include <cstddef>
#include <limits>

namespace varve {

struct JournalOptions {
    Bytes file_size =
        64_MiB;  // Preallocated; a commit never waits for the file system to allocate.
    size_t spare_files_max =
        2;  // Kept for reuse beyond the one made ready ahead; more are deleted.
    Bytes frame_size_max =
        8_MiB;  // A group commit stops gathering here; one larger transaction is still one frame.
};

struct StoreOptions {
    Bytes block_cache_size =
        32_MiB;  // Index and filter blocks of open files included: this bounds the store's memory.
    Bytes stored_batch_size =
        128_KiB;  // Small commits of one log are merged up to this before they reach the store.
    int max_open_files = 1000;
    // Off: a checkpoint merges before it returns, so that every I/O step has its place. For tests
    // that count them.
    bool background_merges = true;
};

// What stays readable after it was settled: the newest records whose sizes add up to `bytes` and
// which are younger than `age`. 0 in either switches retention off: settled records go at the next
// checkpoint.
struct RetentionPolicy {
    Bytes bytes = 8_MiB;
    std::chrono::milliseconds age = std::chrono::hours(24);
    bool operator==(const RetentionPolicy&) const = default;
};

struct EngineOptions {
    JournalOptions journal;
    StoreOptions store;
    // Journal that a restart reads again: a checkpoint starts each time this much was committed. It
    // bounds the memory held for batches not yet in the store (twice this) and restart time (about
    // 1 s per GiB).
    Bytes checkpoint_size = 64_MiB;
    // Segments roll at this size, doubled each time a log has grown past 256 of them, so that
    // summaries stay few.
    Bytes segment_size = 1_MiB;
    // Settled records between unsettled ones go by themselves, beyond retention, if they are this
    // many bytes in a row: each hole costs a row.
    Bytes hole_size_min = 64_KiB;
    // Below this much free space the engine reports DiskState::low; the broker then holds
    // publishers.
    Bytes disk_free_limit = 1_GiB;
    // Open even if confirmed data is damaged, dropping what cannot be read, after saying exactly
    // what is dropped.
    bool accept_loss = false;
    // Retention and checkpoints happen only when checkpoint() is called: for tests that count every
    // I/O step.
    bool manual_upkeep = false;
};

}  // namespace varve
