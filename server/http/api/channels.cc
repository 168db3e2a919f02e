// /api/channels
#include "server/http/api/connection_json.h"
#include "server/http/api/routes.h"
#include "server/http/listing.h"

namespace varve {

namespace {

using boost::json::array;

Task<array> channels(ApiContext& context, std::optional<std::string> vhost) {
    array items;
    for (const ConnectionListing& connection : co_await all_connections(context)) {
        if (vhost && connection.vhost != *vhost) continue;
        for (const ChannelListing& channel : connection.channels)
            items.push_back(channel_json(context, connection, channel));
    }
    co_return items;
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    array items = co_await channels(context, std::nullopt);
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_vhost(ApiContext& context, ApiRequest request) {
    array items = co_await channels(context, request.params[0]);
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    for (const boost::json::value& item : co_await channels(context, std::nullopt)) {
        if (item.get_object().at("name").get_string() == request.params[0])
            co_return single(request, item.get_object());
    }
    co_return not_found();
}

constexpr Route kRoutes[] = {
    {"GET", "channels", list_all},
    {"GET", "channels/:name", get_one},
    {"GET", "vhosts/:vhost/channels", list_vhost},
};

}  // namespace

std::span<const Route> channel_routes() { return kRoutes; }

}  // namespace varve
