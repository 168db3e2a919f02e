// /api/consumers
#include "server/broker/inventory.h"
#include "server/http/api/connection_json.h"
#include "server/http/api/routes.h"
#include "server/http/listing.h"

#include <unordered_map>

namespace varve {

namespace {

using boost::json::array;

Task<array> consumers(ApiContext& context, std::optional<std::string> vhost) {
    const std::vector<ConnectionListing> connections = co_await all_connections(context);
    // After the connections: a consumer's queue was there before it.
    std::unordered_map<QueueId, std::string> names;
    for (const QueueListing& queue : co_await context.broker.inventory().queues(vhost))
        names.emplace(queue.entry->id, queue.entry->name);
    array items;
    for (const ConnectionListing& connection : connections) {
        if (vhost && connection.vhost != *vhost) continue;
        for (const ChannelListing& channel : connection.channels) {
            for (const ConsumerListing& consumer : channel.consumers) {
                const auto queue = names.find(consumer.queue.id);
                if (queue == names.end()) continue;  // deleted meanwhile
                items.push_back(
                    consumer_json(context, connection, channel, consumer, queue->second));
            }
        }
    }
    co_return items;
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    array items = co_await consumers(context, std::nullopt);
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_vhost(ApiContext& context, ApiRequest request) {
    array items = co_await consumers(context, request.params[0]);
    co_return listing(request, std::move(items));
}

constexpr Route kRoutes[] = {
    {"GET", "consumers", list_all},
    {"GET", "consumers/:vhost", list_vhost},
};

}  // namespace

std::span<const Route> consumer_routes() { return kRoutes; }

}  // namespace varve
