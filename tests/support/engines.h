// Engines for tests: small files, records that are told apart by their bodies.
#pragma once

#include "engine/engine.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_rng.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// Everything small, so that files, segments and checkpoints roll within a few records; upkeep by
// hand.
EngineOptions small_engine();

// An engine's surroundings; survives it.
struct EngineHome {
    static inline const Path kDirectory = "/data";
    FileSystem& disk;
    EngineOptions options = small_engine();
    ManualClock clock{};
    SeededRng rng{7};

    Result<std::unique_ptr<Engine>> open();
};

using Bodies = std::vector<std::string>;

std::shared_ptr<RecordBatch> batch_of(const Bodies& bodies,
                                      TimePoint appended = ManualClock::kStart);

// Each is one transaction, done when it returns.
Result<LogRef> create_log(Engine& engine, RetentionPolicy retention = {});
Result<OffsetRange> append(Engine& engine, const LogRef& log, const Bodies& bodies);
Result<void> settle(Engine& engine,
                    const LogRef& log,
                    OffsetRange range,
                    Outcome outcome = Outcome::acked);
Result<void> purge(Engine& engine, const LogRef& log, OffsetRange range);
Result<void> delete_log(Engine& engine, const LogRef& log);
// Any other: `fill` puts the changes in.
Result<CommitReceipt> commit(Engine& engine, const std::function<void(Transaction&)>& fill);

// The readable records, read batch by batch from memory and store.
Result<std::map<Offset, std::string>> read_all(const Log& log);
// Offsets that the queue's cursor has not settled.
std::vector<int64_t> unsettled(const Log& log, CursorId cursor = kQueueCursor);

}  // namespace varve
