// What a vhost makes of the declaration of a queue: the type that it does not name, and whether it
// may change a queue that is there.
#pragma once

#include "engine/base/result.h"
#include "server/auth/account.h"
#include "server/broker/declarations.h"
#include "server/broker/queue_spec.h"

#include <string>

namespace varve {

// Where `declaration` names no type, adds the one that the vhost has for queues that can be of it,
// or that of `current`, the queue that is there (null: none is). `vhost` may be null: it has none.
void complete_type(QueueDeclaration& declaration,
                   const VhostFacts* vhost,
                   const QueueSpec* current);

enum class Redeclaration : uint8_t { same, changes };

// Whether the queue `current` may be declared again as `asked`: `precondition` with the first
// difference that it may not have. Exclusiveness is the caller's: it depends on who asks.
Result<Redeclaration> check_redeclared(const QueueSpec& current,
                                       const QueueSpec& asked,
                                       const VhostFacts& vhost,
                                       const std::string& name);

}  // namespace varve
