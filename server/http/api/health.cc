// /api/health/checks, /api/aliveness-test
#include "server/broker/inventory.h"
#include "server/http/api/context.h"
#include "server/http/api/routes.h"

#include <algorithm>

namespace varve {

namespace {

using boost::json::object;

ApiAnswer healthy() { return answer(object{{"status", "ok"}}); }
ApiAnswer failed(std::string_view reason) {
    return {503, object{{"status", "failed"}, {"reason", reason}}};
}

Task<ApiAnswer> alarms(ApiContext& context, ApiRequest /*request*/) {
    const AlarmState alarms = context.broker.alarms();
    if (alarms.disk) co_return failed("There are alarms in effect in the node: disk");
    if (alarms.memory) co_return failed("There are alarms in effect in the node: memory");
    co_return healthy();
}

Task<ApiAnswer> always(ApiContext& /*context*/, ApiRequest /*request*/) { co_return healthy(); }

Task<ApiAnswer> port_listener(ApiContext& context, ApiRequest request) {
    const std::string& port = request.params[0];
    for (const std::string& address : context.node.amqp_addresses) {
        if (address.ends_with(":" + port)) co_return healthy();
    }
    co_return failed("No active listener on port " + port);
}

Task<ApiAnswer> protocol_listener(ApiContext& context, ApiRequest request) {
    const std::string& protocol = request.params[0];
    const bool amqp = protocol == "amqp" || protocol == "amqp091" || protocol == "amqp0.9.1";
    if (amqp && !context.node.amqp_addresses.empty()) co_return healthy();
    co_return failed("No active listener for protocol " + protocol);
}

Task<ApiAnswer> aliveness(ApiContext& context, ApiRequest request) {
    const std::vector<std::string> vhosts = co_await context.broker.inventory().vhosts();
    if (std::ranges::find(vhosts, request.params[0]) == vhosts.end()) co_return not_found();
    co_return healthy();
}

constexpr Route kRoutes[] = {
    {"GET", "health/checks/alarms", alarms},
    {"GET", "health/checks/local-alarms", alarms},
    {"GET", "health/checks/virtual-hosts", always},
    {"GET", "health/checks/node-is-quorum-critical", always},
    {"GET", "health/checks/port-listener/:port", port_listener},
    {"GET", "health/checks/protocol-listener/:protocol", protocol_listener},
    {"GET", "aliveness-test/:vhost", aliveness},
    {"GET", "healthchecks/node", always},
};

}  // namespace

std::span<const Route> health_routes() { return kRoutes; }

}  // namespace varve
