// /api/overview, /api/version, /api/whoami, /api/cluster-name
#include "server/broker/inventory.h"
#include "server/broker/ownership.h"
#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/listing.h"

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kClusterName = "varve";

array listeners(const NodeFacts& node) {
    array items;
    for (const std::string& address : node.amqp_addresses) {
        const size_t colon = address.rfind(':');
        int64_t port = 0;
        for (const char c : address.substr(colon + 1)) port = port * 10 + (c - '0');
        items.push_back(object{{"ip_address", address.substr(0, colon)},
                               {"node", node.name},
                               {"port", port},
                               {"protocol", "amqp"}});
    }
    return items;
}

Task<ApiAnswer> overview(ApiContext& context, ApiRequest request) {
    uint64_t ready = 0;
    uint64_t unsettled = 0;
    uint64_t consumers = 0;
    const std::vector<QueueListing> queues =
        co_await context.broker.inventory().queues(std::nullopt);
    for (const QueueListing& queue : queues) {
        const QueueStatus status = status_of(*queue.entry);
        ready += status.ready;
        unsettled += status.unsettled;
        consumers += status.consumers;
    }
    const size_t exchanges = (co_await context.broker.inventory().exchanges(std::nullopt)).size();
    size_t channels = 0;
    const std::vector<ConnectionListing> connections = co_await all_connections(context);
    for (const ConnectionListing& connection : connections) channels += connection.channels.size();
    const NodeFacts& node = context.node;
    co_return single(request,
                     object{{"cluster_name", kClusterName},
                            {"listeners", listeners(node)},
                            {"management_version", node.product_version},
                            {"node", node.name},
                            {"object_totals",
                             object{{"channels", channels},
                                    {"connections", connections.size()},
                                    {"consumers", consumers},
                                    {"exchanges", exchanges},
                                    {"queues", queues.size()}}},
                            {"product_name", node.product},
                            {"product_version", node.product_version},
                            {"queue_totals",
                             object{{"messages", ready + unsettled},
                                    {"messages_ready", ready},
                                    {"messages_unacknowledged", unsettled}}},
                            {"rabbitmq_version", node.product_version},
                            {"varve_version", node.varve_version}});
}

Task<ApiAnswer> version(ApiContext& context, ApiRequest /*request*/) {
    co_return answer(boost::json::string(context.node.product_version));
}

Task<ApiAnswer> whoami(ApiContext& /*context*/, ApiRequest /*request*/) {
    co_return answer(object{{"name", kAdministrator}, {"tags", array{"administrator"}}});
}

Task<ApiAnswer> cluster_name(ApiContext& /*context*/, ApiRequest /*request*/) {
    co_return answer(object{{"name", kClusterName}});
}

constexpr Route kRoutes[] = {
    {"GET", "overview", overview},
    {"GET", "version", version},
    {"GET", "whoami", whoami},
    {"GET", "cluster-name", cluster_name},
};

}  // namespace

std::span<const Route> overview_routes() { return kRoutes; }

}  // namespace varve
