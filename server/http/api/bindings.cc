// /api/bindings
#include "server/broker/inventory.h"
#include "server/http/api/binding_json.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

namespace varve {

namespace {

using Target = BindingDeclaration::Target;

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    boost::json::array items = co_await bindings_json(context, std::nullopt, {});
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_vhost(ApiContext& context, ApiRequest request) {
    boost::json::array items = co_await bindings_json(context, request.params[0], {});
    co_return listing(request, std::move(items));
}

// /bindings/:vhost/e/:source/q/:destination, or e for an exchange.
Result<BindingFilter> ends_of(const ApiRequest& request) {
    const std::string& kind = request.params[2];
    if (kind != "q" && kind != "e") return Error{ErrorCode::not_found, "Not Found"};
    return BindingFilter{.source = request.params[1],
                         .target = kind == "q" ? Target::queue : Target::exchange,
                         .destination = request.params[3]};
}

Task<ApiAnswer> list_between(ApiContext& context, ApiRequest request) {
    auto ends = ends_of(request);
    if (!ends) co_return not_found();
    boost::json::array items = co_await bindings_json(context, request.params[0], std::move(*ends));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    auto ends = ends_of(request);
    if (!ends) co_return not_found();
    const boost::json::array items =
        co_await bindings_json(context, request.params[0], std::move(*ends));
    for (const boost::json::value& item : items) {
        if (item.get_object().at("properties_key").get_string() == request.params[4])
            co_return single(request, item.get_object());
    }
    co_return not_found();
}

Task<Result<void>> bind(ApiContext& context, std::string vhost, BindingDeclaration binding) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().bind(std::move(session), std::move(binding));
}

Task<Result<void>> unbind(ApiContext& context, std::string vhost, BindingDeclaration binding) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().unbind(std::move(session), std::move(binding));
}

Task<ApiAnswer> post(ApiContext& context, ApiRequest request) {
    const auto ends = ends_of(request);
    if (!ends) co_return not_found();
    BindingDeclaration binding{.source = *ends->source,
                               .target = *ends->target,
                               .destination = *ends->destination,
                               .routing_key = "",
                               .arguments = ""};
    auto key = text_of(request.body, "routing_key");
    if (!key) co_return refusal(key.error());
    binding.routing_key = key->value_or("");
    auto arguments = table_of(request.body, "arguments");
    if (!arguments) co_return refusal(arguments.error());
    binding.arguments = std::move(*arguments);
    const auto bound =
        co_await run_on(context.shard_of_changes(), bind(context, request.params[0], binding));
    if (!bound) co_return refusal(bound.error());
    co_return created();
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    const auto ends = ends_of(request);
    if (!ends) co_return not_found();
    const std::vector<BindingListing> all =
        co_await context.broker.inventory().bindings(request.params[0]);
    for (const BindingListing& listed : all) {
        const BindingDeclaration& binding = listed.binding;
        if (binding.source != *ends->source || binding.target != *ends->target ||
            binding.destination != *ends->destination ||
            properties_key(binding) != request.params[4]) {
            continue;
        }
        const auto unbound = co_await run_on(context.shard_of_changes(),
                                             unbind(context, request.params[0], binding));
        if (!unbound) co_return refusal(unbound.error());
        co_return no_content();
    }
    co_return not_found();
}

constexpr Route kRoutes[] = {
    {"GET", "bindings", list_all},
    {"GET", "bindings/:vhost", list_vhost},
    {"GET", "bindings/:vhost/e/:source/:kind/:destination", list_between},
    {"POST", "bindings/:vhost/e/:source/:kind/:destination", post},
    {"GET", "bindings/:vhost/e/:source/:kind/:destination/:key", get_one},
    {"DELETE", "bindings/:vhost/e/:source/:kind/:destination/:key", delete_one},
};

}  // namespace

std::span<const Route> binding_routes() { return kRoutes; }

}  // namespace varve
