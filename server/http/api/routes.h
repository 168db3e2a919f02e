// The resources of the API: one file and one table each. A new one is added here and in
// routes.cc.
#pragma once

#include "server/http/router.h"

#include <span>

namespace varve {

std::span<const Route> binding_routes();
std::span<const Route> channel_routes();
std::span<const Route> connection_routes();
std::span<const Route> consumer_routes();
std::span<const Route> cursor_routes();
std::span<const Route> exchange_routes();
std::span<const Route> health_routes();
std::span<const Route> limit_routes();
std::span<const Route> node_routes();
std::span<const Route> overview_routes();
std::span<const Route> permission_routes();
std::span<const Route> policy_routes();
std::span<const Route> queue_routes();
std::span<const Route> user_routes();
std::span<const Route> vhost_routes();

// All of them.
Router api_router();

}  // namespace varve
