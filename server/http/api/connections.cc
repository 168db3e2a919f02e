// /api/connections
#include "server/http/api/connection_json.h"
#include "server/http/api/routes.h"
#include "server/http/listing.h"

namespace varve {

namespace {

using boost::json::array;

// The names that RabbitMQ's tools know a connection by: "peer -> local", and its process.
bool is_called(const ApiContext& context,
               const ConnectionListing& connection,
               const std::string& name) {
    return connection.name() == name || pid_of(context, connection) == name;
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    array items;
    for (const ConnectionListing& connection : co_await all_connections(context))
        items.push_back(connection_json(context, connection));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_vhost(ApiContext& context, ApiRequest request) {
    array items;
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (connection.vhost == request.params[0])
            items.push_back(connection_json(context, connection));
    }
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_user(ApiContext& context, ApiRequest request) {
    array items;
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (connection.user == request.params[0])
            items.push_back(connection_json(context, connection));
    }
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (is_called(context, connection, request.params[0]))
            co_return single(request, connection_json(context, connection));
    }
    co_return not_found();
}

Task<ApiAnswer> channels_of_one(ApiContext& context, ApiRequest request) {
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (!is_called(context, connection, request.params[0])) continue;
        array items;
        for (const ChannelListing& channel : connection.channels)
            items.push_back(channel_json(context, connection, channel));
        co_return listing(request, std::move(items));
    }
    co_return not_found();
}

// RabbitMQ's words where nobody gave a reason.
std::string reason_of(const ApiRequest& request) {
    return request.asked("reason").value_or("Closed via management plugin");
}

Task<bool> close(ApiContext& context, ShardIndex shard, SessionId id, std::string reason) {
    auto end = [&sessions = context.sessions, shard, id, reason = std::move(reason)] {
        return sessions.close(shard, id, reason);
    };
    co_return co_await on_shard(context.shards.at(shard), std::move(end));
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (!is_called(context, connection, request.params[0])) continue;
        const bool closed =
            co_await close(context, connection.shard, connection.id, reason_of(request));
        co_return closed ? no_content() : not_found();
    }
    co_return not_found();
}

Task<ApiAnswer> delete_of_user(ApiContext& context, ApiRequest request) {
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (connection.user != request.params[0]) continue;
        co_await close(context, connection.shard, connection.id, reason_of(request));
    }
    co_return no_content();
}

// Of one vhost with ?vhost=; what close_all_connections does.
Task<ApiAnswer> delete_all(ApiContext& context, ApiRequest request) {
    const auto vhost = request.asked("vhost");
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (vhost && connection.vhost != *vhost) continue;
        co_await close(context, connection.shard, connection.id, reason_of(request));
    }
    co_return no_content();
}

constexpr Route kRoutes[] = {
    {"GET", "connections", list_all},
    {"DELETE", "connections", delete_all},
    {"GET", "connections/:name", get_one},
    {"DELETE", "connections/:name", delete_one},
    {"GET", "connections/:name/channels", channels_of_one},
    {"GET", "connections/username/:user", list_user},
    {"DELETE", "connections/username/:user", delete_of_user},
    {"GET", "vhosts/:vhost/connections", list_vhost},
};

}  // namespace

std::span<const Route> connection_routes() { return kRoutes; }

}  // namespace varve
