// /api/permissions, /api/topic-permissions, and those of one user or vhost.
#include "server/http/api/accounts_json.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <array>
#include <functional>

namespace varve {

namespace {

using boost::json::array;

using Wanted = std::function<bool(const std::string& user, const std::string& vhost)>;

ApiAnswer list_rights(const Accounts& accounts, const ApiRequest& request, const Wanted& wanted) {
    array items;
    for (const auto& [key, permission] : accounts.permissions()) {
        if (wanted(permission->user, permission->vhost))
            items.push_back(permission_json(*permission));
    }
    return listing(request, std::move(items));
}

ApiAnswer list_topics(const Accounts& accounts, const ApiRequest& request, const Wanted& wanted) {
    array items;
    for (const auto& [key, permission] : accounts.topic_permissions()) {
        if (wanted(permission->user, permission->vhost))
            items.push_back(permission_json(*permission));
    }
    return listing(request, std::move(items));
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    co_return list_rights(*accounts, request, [](const auto&, const auto&) { return true; });
}

Task<ApiAnswer> list_of_user(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const std::string name = request.params[0];
    if (accounts->find_user(name) == nullptr) co_return not_found();
    co_return list_rights(
        *accounts, request, [&](const auto& user, const auto&) { return user == name; });
}

Task<ApiAnswer> list_of_vhost(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const std::string name = request.params[0];
    if (accounts->find_vhost(name) == nullptr) co_return not_found();
    co_return list_rights(
        *accounts, request, [&](const auto&, const auto& vhost) { return vhost == name; });
}

Task<ApiAnswer> list_all_topics(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    co_return list_topics(*accounts, request, [](const auto&, const auto&) { return true; });
}

Task<ApiAnswer> list_topics_of_user(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const std::string name = request.params[0];
    if (accounts->find_user(name) == nullptr) co_return not_found();
    co_return list_topics(
        *accounts, request, [&](const auto& user, const auto&) { return user == name; });
}

Task<ApiAnswer> list_topics_of_vhost(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const std::string name = request.params[0];
    if (accounts->find_vhost(name) == nullptr) co_return not_found();
    co_return list_topics(
        *accounts, request, [&](const auto&, const auto& vhost) { return vhost == name; });
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const Permission* found = accounts->find_permission(request.params[1], request.params[0]);
    if (found == nullptr) co_return not_found();
    co_return single(request, permission_json(*found));
}

Result<Permission> permission_of(const ApiRequest& request) {
    Permission permission{.user = request.params[1], .vhost = request.params[0]};
    VARVE_TRY(permission.configure, needed_text_of(request.body, "configure"));
    VARVE_TRY(permission.write, needed_text_of(request.body, "write"));
    VARVE_TRY(permission.read, needed_text_of(request.body, "read"));
    return permission;
}

Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    auto permission = permission_of(request);
    if (!permission) co_return refusal(permission.error());
    const bool existed =
        (co_await accounts_of(context))->find_permission(permission->user, permission->vhost) !=
        nullptr;
    const auto done = co_await run_on(
        context.shard_of_changes(), administration(context).set_permission(std::move(*permission)));
    if (!done) co_return refusal(done.error());
    co_return existed ? no_content() : created();
}

Task<ApiAnswer> clear(ApiContext& context, ApiRequest request) {
    const auto done = co_await run_on(
        context.shard_of_changes(),
        administration(context).clear_permission(request.params[1], request.params[0]));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

Result<TopicPermission> topic_permission_of(const ApiRequest& request) {
    TopicPermission permission{.user = request.params[1], .vhost = request.params[0]};
    VARVE_TRY(permission.exchange, needed_text_of(request.body, "exchange"));
    VARVE_TRY(permission.write, needed_text_of(request.body, "write"));
    VARVE_TRY(permission.read, needed_text_of(request.body, "read"));
    return permission;
}

Task<ApiAnswer> put_topic(ApiContext& context, ApiRequest request) {
    auto permission = topic_permission_of(request);
    if (!permission) co_return refusal(permission.error());
    const auto done =
        co_await run_on(context.shard_of_changes(),
                        administration(context).set_topic_permission(std::move(*permission)));
    if (!done) co_return refusal(done.error());
    co_return created();
}

Task<ApiAnswer> clear_topic(ApiContext& context, ApiRequest request) {
    const auto exchange =
        request.params.size() > 2 ? std::optional(request.params[2]) : std::nullopt;
    const auto done = co_await run_on(context.shard_of_changes(),
                                      administration(context).clear_topic_permission(
                                          request.params[1], request.params[0], exchange));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

constexpr std::array kRoutes{
    Route{"GET", "permissions", list_all},
    Route{"GET", "permissions/:vhost/:user", get_one},
    Route{"PUT", "permissions/:vhost/:user", put},
    Route{"DELETE", "permissions/:vhost/:user", clear},
    Route{"GET", "users/:user/permissions", list_of_user},
    Route{"GET", "vhosts/:vhost/permissions", list_of_vhost},
    Route{"GET", "topic-permissions", list_all_topics},
    Route{"PUT", "topic-permissions/:vhost/:user", put_topic},
    Route{"DELETE", "topic-permissions/:vhost/:user", clear_topic},
    Route{"DELETE", "topic-permissions/:vhost/:user/:exchange", clear_topic},
    Route{"GET", "users/:user/topic-permissions", list_topics_of_user},
    Route{"GET", "vhosts/:vhost/topic-permissions", list_topics_of_vhost},
};

}  // namespace

std::span<const Route> permission_routes() { return kRoutes; }

}  // namespace varve
