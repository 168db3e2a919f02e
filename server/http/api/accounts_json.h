// Users, rights and vhosts as JSON, and the way to them.
#pragma once

#include "server/auth/accounts.h"
#include "server/broker/administration.h"
#include "server/http/api/context.h"

#include <boost/json/value.hpp>

#include <memory>

namespace varve {

// Shard-bound to shard 0.
Administration& administration(ApiContext& context);
// As of now; from any thread's event loop.
Task<std::shared_ptr<const Accounts>> accounts_of(ApiContext& context);

boost::json::object user_json(const User& user);
boost::json::object vhost_json(const VhostFacts& vhost);
boost::json::object permission_json(const Permission& permission);
boost::json::object permission_json(const TopicPermission& permission);

}  // namespace varve
