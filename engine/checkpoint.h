// Writes a frozen state to the store: small batches of a log merged into larger ones, what is
// trimmed left out.
#pragma once

#include "engine/base/result.h"
#include "engine/engine_state.h"
#include "engine/options.h"
#include "engine/store/store.h"

namespace varve {

// After success the logs' tails are let go of. After `no_space` it may be tried again with the same
// state. Upkeep's thread.
Result<void> write_checkpoint(Store& store,
                              const FrozenState& frozen,
                              const EngineOptions& options);

}  // namespace varve
