// The queues of a run, and the exchange in front of them.
#pragma once

#include "tools/load/client.h"
#include "tools/load/options.h"

namespace varve::load {

// Messages may be in the queues already: when a check goes on after a restart.
enum class Backlog : uint8_t { refused, expected };

// Declares queues, exchange and bindings. `precondition` if a queue holds messages and that is
// refused, unless Options::purge empties it.
Result<void> declare_topology(Client& client, const Options& options, Backlog backlog);

Result<void> delete_topology(Client& client, const Options& options);

}  // namespace varve::load
