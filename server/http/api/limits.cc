// /api/vhost-limits, /api/user-limits
#include "server/broker/inventory.h"
#include "server/broker/session_limits.h"
#include "server/http/api/accounts_json.h"
#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace varve {

namespace {

using boost::json::object;
using Limit = std::optional<uint64_t>;

constexpr std::string_view kConnections = "max-connections";
constexpr std::string_view kQueues = "max-queues";
constexpr std::string_view kChannels = "max-channels";

object value_of(const VhostLimits& limits) {
    object value;
    if (limits.connections_max) value.emplace(kConnections, *limits.connections_max);
    if (limits.queues_max) value.emplace(kQueues, *limits.queues_max);
    return value;
}
object value_of(const UserLimits& limits) {
    object value;
    if (limits.connections_max) value.emplace(kConnections, *limits.connections_max);
    if (limits.channels_max) value.emplace(kChannels, *limits.channels_max);
    return value;
}

// The one that is called so; null for a name that means nothing.
Limit* named(VhostLimits& limits, std::string_view name) {
    if (name == kConnections) return &limits.connections_max;
    return name == kQueues ? &limits.queues_max : nullptr;
}
Limit* named(UserLimits& limits, std::string_view name) {
    if (name == kConnections) return &limits.connections_max;
    return name == kChannels ? &limits.channels_max : nullptr;
}

// A negative number takes the limit away.
Result<Limit> limit_of(const ApiRequest& request) {
    VARVE_TRY(const auto value, integer_of(request.body, "value"));
    if (!value) return Error{ErrorCode::invalid_argument, "key_missing: value"};
    return *value < 0 ? Limit() : Limit(static_cast<uint64_t>(*value));
}

// The limits of whom the request is about, with the one it names changed; none if there is no limit
// of that name.
template <typename Limits>
std::optional<Limits> changed(const std::map<std::string, Limits>& all,
                              const ApiRequest& request,
                              Limit limit) {
    const auto found = all.find(request.params[0]);
    Limits limits = found == all.end() ? Limits() : found->second;
    Limit* const one = named(limits, request.params[1]);
    if (one == nullptr) return std::nullopt;
    *one = limit;
    return limits;
}

template <typename Limits>
ApiAnswer list(const ApiRequest& request,
               const std::map<std::string, Limits>& all,
               std::string_view called) {
    boost::json::array items;
    for (const auto& [name, limits] : all) {
        if (!request.params.empty() && request.params[0] != name) continue;
        items.push_back(object{{called, utf8_text(name)}, {"value", value_of(limits)}});
    }
    return listing(request, std::move(items));
}

ApiAnswer unknown_limit(const std::string& name) {
    return bad_request("there is no limit '" + name + "'");
}

Task<ApiAnswer> list_vhosts(ApiContext& context, ApiRequest request) {
    co_return list(request, context.broker.limits().vhosts(), "vhost");
}

Task<ApiAnswer> set_vhost(ApiContext& context, ApiRequest request, Limit limit) {
    const std::string vhost = request.params[0];
    const std::vector<std::string> vhosts = co_await context.broker.inventory().vhosts();
    if (std::ranges::find(vhosts, vhost) == vhosts.end()) co_return not_found();
    const auto limits = changed(context.broker.limits().vhosts(), request, limit);
    if (!limits) co_return unknown_limit(request.params[1]);
    const auto done = co_await context.broker.limits().put_vhost(vhost, *limits);
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

Task<ApiAnswer> put_vhost(ApiContext& context, ApiRequest request) {
    const auto limit = limit_of(request);
    if (!limit) co_return refusal(limit.error());
    co_return co_await set_vhost(context, std::move(request), *limit);
}

Task<ApiAnswer> clear_vhost(ApiContext& context, ApiRequest request) {
    co_return co_await set_vhost(context, std::move(request), std::nullopt);
}

Task<ApiAnswer> list_users(ApiContext& context, ApiRequest request) {
    co_return list(request, context.broker.limits().users(), "user");
}

Task<ApiAnswer> set_user(ApiContext& context, ApiRequest request, Limit limit) {
    const auto accounts = co_await accounts_of(context);
    if (accounts->find_user(request.params[0]) == nullptr) co_return not_found();
    const auto limits = changed(context.broker.limits().users(), request, limit);
    if (!limits) co_return unknown_limit(request.params[1]);
    const auto done = co_await context.broker.limits().put_user(request.params[0], *limits);
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

Task<ApiAnswer> put_user(ApiContext& context, ApiRequest request) {
    const auto limit = limit_of(request);
    if (!limit) co_return refusal(limit.error());
    co_return co_await set_user(context, std::move(request), *limit);
}

Task<ApiAnswer> clear_user(ApiContext& context, ApiRequest request) {
    co_return co_await set_user(context, std::move(request), std::nullopt);
}

constexpr std::array kRoutes{
    Route{"GET", "vhost-limits", list_vhosts},
    Route{"GET", "vhost-limits/:vhost", list_vhosts},
    Route{"PUT", "vhost-limits/:vhost/:limit", put_vhost},
    Route{"DELETE", "vhost-limits/:vhost/:limit", clear_vhost},
    Route{"GET", "user-limits", list_users},
    Route{"GET", "user-limits/:user", list_users},
    Route{"PUT", "user-limits/:user/:limit", put_user},
    Route{"DELETE", "user-limits/:user/:limit", clear_user},
};

}  // namespace

std::span<const Route> limit_routes() { return kRoutes; }

}  // namespace varve
