// The only bridge from the engine's completions to coroutines.
#pragma once

#include "engine/engine.h"
#include "server/async/task.h"

namespace varve {

// Commits and resumes when it is durable, or with the reason why it will not be.
Task<Result<void>> commit_durably(Engine& engine, Transaction transaction);

}  // namespace varve
