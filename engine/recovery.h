// What open() does: store, then journal, then everything is in memory as it was confirmed.
#pragma once

#include "engine/base/result.h"
#include "engine/committer.h"
#include "engine/data_directory.h"
#include "engine/engine.h"
#include "engine/engine_state.h"
#include "engine/journal/journal.h"
#include "engine/store/store.h"
#include "engine/store_reader.h"

#include <memory>

namespace varve {

// A data directory, open and recovered; nothing runs yet. Members in the order in which they depend
// on one another.
struct Recovered {
    DataDirectory directory;
    std::unique_ptr<Store> store;
    std::shared_ptr<StoreReader> reader;
    std::unique_ptr<EngineState> state;
    std::unique_ptr<Journal> journal;
    CommitterStart start;
    RecoveryReport report;
};

// Errors as Engine::open(). With accept_loss, damage is listed in the report instead.
Result<Recovered> recover(const EngineEnvironment& environment,
                          const Path& directory,
                          const EngineOptions& options);

}  // namespace varve
