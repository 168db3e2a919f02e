// What the routes of the API work on.
#pragma once

#include "server/async/shard.h"
#include "server/broker/broker.h"
#include "server/broker/session_directory.h"
#include "server/http/exchange.h"
#include "server/http/router.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// What the node is called and how it was set up.
struct NodeFacts {
    std::string name;  // "varve@host"
    std::string product;
    std::string product_version;
    std::string varve_version;
    std::string data_dir;
    TimePoint started;
    Bytes disk_free_limit = 0;
    std::vector<std::string> amqp_addresses;  // "127.0.0.1:5672"
};

// Everything outlives the server that answers.
struct ApiContext {
    ShardSet& shards;
    Broker& broker;
    Engine& engine;
    SessionDirectory sessions;
    NodeFacts node;
    std::function<void()> stop_node;  // begins an orderly stop; Thread-safe

    Shard& shard_of_changes() { return shards.at(0); }
    BrokerShard& changes() { return broker.at(0); }
};

// Shard-bound to shard 0: the session that makes changes on behalf of whoever is at the door.
// `not_found` where there is no such vhost.
Result<SessionContext> administrator(ApiContext& context, const std::string& vhost);
constexpr std::string_view kAdministrator = "control";  // the user name that changes are made in

// As of now.
Task<std::shared_ptr<const PolicyBook>> policy_book(ApiContext& context);

// Of all shards, by vhost and name of the connection.
Task<std::vector<ConnectionListing>> all_connections(ApiContext& context);

}  // namespace varve
