// /api/nodes, and what is ours: /api/varve/alarms, /api/varve/login-rules, /api/varve/stop
#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <limits>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

object json_of(const ApiContext& context) {
    const EngineStats stats = context.engine.stats();
    const AlarmState alarms = context.broker.alarms();
    const auto uptime = system_clock().now() - context.node.started;
    return object{{"data_dir", context.node.data_dir},
                  {"disk_free", stats.disk_free},
                  {"disk_free_alarm", alarms.disk},
                  {"disk_free_limit", context.node.disk_free_limit},
                  {"mem_alarm", alarms.memory},
                  {"name", context.node.name},
                  {"running", true},
                  {"type", "disc"},
                  {"uptime", std::chrono::duration_cast<std::chrono::milliseconds>(uptime).count()},
                  {"varve_journal_bytes", stats.journal_bytes_on_disk},
                  {"varve_store_bytes", stats.store_bytes_on_disk},
                  {"varve_version", context.node.varve_version}};
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    co_return listing(request, array{json_of(context)});
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    if (request.params[0] != context.node.name) co_return not_found();
    co_return single(request, json_of(context));
}

ApiAnswer set_alarm(ApiContext& context, const std::string& resource, bool raised) {
    if (resource == "disk")
        context.broker.set_alarm(Alarm::disk, raised);
    else if (resource == "memory")
        context.broker.set_alarm(Alarm::memory, raised);
    else
        return not_found();
    return no_content();
}

Task<ApiAnswer> raise_alarm(ApiContext& context, ApiRequest request) {
    co_return set_alarm(context, request.params[0], true);
}

Task<ApiAnswer> clear_alarm(ApiContext& context, ApiRequest request) {
    co_return set_alarm(context, request.params[0], false);
}

Task<ApiAnswer> get_login_rules(ApiContext& context, ApiRequest request) {
    const LoginRuleSet rules = context.broker.login_rules().now();
    array users;
    for (const std::string& user : rules.loopback_users) users.emplace_back(utf8_text(user));
    co_return single(
        request, object{{"channel_max", rules.channel_max}, {"loopback_users", std::move(users)}});
}

// Until the next start; what is missing stays as it is.
Task<ApiAnswer> set_login_rules(ApiContext& context, ApiRequest request) {
    const auto channel_max = integer_of(request.body, "channel_max");
    if (!channel_max) co_return refusal(channel_max.error());
    const auto users = names_of(request.body, "loopback_users");
    if (!users) co_return refusal(users.error());
    constexpr int64_t kMost = std::numeric_limits<uint16_t>::max();
    if (*channel_max && (**channel_max < 0 || **channel_max > kMost))
        co_return bad_request("'channel_max' must be 0 to 65535");
    LoginRules& rules = context.broker.login_rules();
    if (*channel_max) rules.set_channel_max(static_cast<uint16_t>(**channel_max));
    if (*users) rules.set_loopback_users(**users);
    co_return no_content();
}

Task<ApiAnswer> stop(ApiContext& context, ApiRequest /*request*/) {
    context.stop_node();
    co_return ApiAnswer{202, std::nullopt};
}

constexpr Route kRoutes[] = {
    {"GET", "nodes", list_all},
    {"GET", "nodes/:name", get_one},
    {"PUT", "varve/alarms/:resource", raise_alarm},
    {"DELETE", "varve/alarms/:resource", clear_alarm},
    {"GET", "varve/login-rules", get_login_rules},
    {"PUT", "varve/login-rules", set_login_rules},
    {"POST", "varve/stop", stop},
};

}  // namespace

std::span<const Route> node_routes() { return kRoutes; }

}  // namespace varve
