// /api/vhosts
#include "server/http/api/accounts_json.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <array>

namespace varve {

namespace {

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    boost::json::array items;
    for (const auto& [name, vhost] : accounts->vhosts()) items.push_back(vhost_json(*vhost));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const VhostFacts* vhost = accounts->find_vhost(request.params[0]);
    if (vhost == nullptr) co_return not_found();
    co_return single(request, vhost_json(*vhost));
}

// What the body does not say stays as it was.
Result<VhostFacts> facts_of(const ApiRequest& request, const VhostFacts* before) {
    VhostFacts facts = before == nullptr ? VhostFacts{} : *before;
    facts.name = request.params[0];
    VARVE_TRY(auto description, text_of(request.body, "description"));
    if (description) facts.description = std::move(*description);
    VARVE_TRY(auto type, text_of(request.body, "default_queue_type"));
    if (type) facts.default_queue_type = std::move(*type);
    VARVE_TRY(facts.relaxed_redeclare,
              flag_of(request.body, "relaxed_redeclare", facts.relaxed_redeclare));
    VARVE_TRY(auto tags, names_of(request.body, "tags"));
    if (tags) facts.tags = std::move(*tags);
    return facts;
}

Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    const auto accounts = co_await accounts_of(context);
    const VhostFacts* before = accounts->find_vhost(request.params[0]);
    auto facts = facts_of(request, before);
    if (!facts) co_return refusal(facts.error());
    const auto if_there = request.asked("if-there") == "refuse" ? IfThere::refuse : IfThere::change;
    const auto done = co_await run_on(
        context.shard_of_changes(), administration(context).put_vhost(std::move(*facts), if_there));
    if (!done) co_return refusal(done.error());
    co_return before == nullptr ? created() : no_content();
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    const auto done = co_await run_on(context.shard_of_changes(),
                                      administration(context).delete_vhost(request.params[0]));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

constexpr std::array kRoutes{
    Route{"GET", "vhosts", list_all},
    Route{"GET", "vhosts/:name", get_one},
    Route{"PUT", "vhosts/:name", put},
    Route{"DELETE", "vhosts/:name", delete_one},
};

}  // namespace

std::span<const Route> vhost_routes() { return kRoutes; }

}  // namespace varve
