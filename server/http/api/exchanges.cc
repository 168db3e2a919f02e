// /api/exchanges
#include "server/broker/inventory.h"
#include "server/http/api/binding_json.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <algorithm>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;
using Target = BindingDeclaration::Target;

// How addresses name the exchange without a name.
constexpr std::string_view kDefaultExchange = "amq.default";
std::string exchange_name(const std::string& in_address) {
    return in_address == kDefaultExchange ? "" : in_address;
}

object json_of(const ExchangeListing& exchange) {
    object json{{"arguments", json_of_encoded(exchange.spec.arguments)},
                {"auto_delete", exchange.spec.auto_delete},
                {"durable", exchange.spec.durable},
                {"internal", exchange.spec.internal},
                {"name", utf8_text(exchange.name)},
                {"type", exchange.spec.type->name},
                {"user_who_performed_action", ""},
                {"vhost", utf8_text(exchange.vhost)}};
    if (exchange.delay_queue != nullptr) {
        const QueueEntry::Live& waiting = exchange.delay_queue->live;
        json["messages_delayed"] = waiting.ready.load() + waiting.unsettled.load();
    }
    return json;
}

Task<ApiAnswer> list_some(ApiContext& context,
                          ApiRequest request,
                          std::optional<std::string> vhost) {
    array items;
    for (const ExchangeListing& exchange :
         co_await context.broker.inventory().exchanges(std::move(vhost)))
        items.push_back(json_of(exchange));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> list_all(ApiContext& context, ApiRequest request) {
    co_return co_await list_some(context, std::move(request), std::nullopt);
}

Task<ApiAnswer> list_vhost(ApiContext& context, ApiRequest request) {
    const std::vector<std::string> vhosts = co_await context.broker.inventory().vhosts();
    if (std::ranges::find(vhosts, request.params[0]) == vhosts.end()) co_return not_found();
    std::string vhost = request.params[0];
    co_return co_await list_some(context, std::move(request), std::move(vhost));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto found = co_await context.broker.inventory().exchange(
        request.params[0], exchange_name(request.params[1]));
    if (!found) co_return not_found();
    co_return single(request, json_of(*found));
}

Result<ExchangeDeclaration> declaration_of(const ApiRequest& request) {
    ExchangeDeclaration declaration{.name = exchange_name(request.params[1])};
    VARVE_TRY(declaration.type, needed_text_of(request.body, "type"));
    VARVE_TRY(declaration.durable, flag_of(request.body, "durable", true));
    VARVE_TRY(declaration.auto_delete, flag_of(request.body, "auto_delete", false));
    VARVE_TRY(declaration.internal, flag_of(request.body, "internal", false));
    VARVE_TRY(declaration.arguments, table_of(request.body, "arguments"));
    return declaration;
}

Task<Result<void>> declare(ApiContext& context,
                           std::string vhost,
                           ExchangeDeclaration declaration) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().declare_exchange(std::move(session),
                                                          std::move(declaration));
}

Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    auto declaration = declaration_of(request);
    if (!declaration) co_return refusal(declaration.error());
    const bool existed =
        (co_await context.broker.inventory().exchange(request.params[0], declaration->name))
            .has_value();
    const auto declared = co_await run_on(
        context.shard_of_changes(), declare(context, request.params[0], std::move(*declaration)));
    if (!declared) co_return refusal(declared.error());
    co_return existed ? no_content() : created();
}

Task<Result<void>> remove(ApiContext& context,
                          std::string vhost,
                          std::string name,
                          bool if_unused) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().delete_exchange(
        std::move(session), std::move(name), if_unused);
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    const std::string name = exchange_name(request.params[1]);
    if (!co_await context.broker.inventory().exchange(request.params[0], name))
        co_return not_found();
    const auto deleted = co_await run_on(
        context.shard_of_changes(),
        remove(context, request.params[0], name, request.asked("if-unused") == "true"));
    if (!deleted) co_return refusal(deleted.error());
    co_return no_content();
}

Task<ApiAnswer> bindings(ApiContext& context, ApiRequest request, BindingFilter filter) {
    const std::string vhost = request.params[0];
    const auto found =
        co_await context.broker.inventory().exchange(vhost, exchange_name(request.params[1]));
    if (!found) co_return not_found();
    array items = co_await bindings_json(context, vhost, std::move(filter));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> bindings_from(ApiContext& context, ApiRequest request) {
    BindingFilter filter{.source = exchange_name(request.params[1])};
    co_return co_await bindings(context, std::move(request), std::move(filter));
}

Task<ApiAnswer> bindings_to(ApiContext& context, ApiRequest request) {
    BindingFilter filter{.target = Target::exchange,
                         .destination = exchange_name(request.params[1])};
    co_return co_await bindings(context, std::move(request), std::move(filter));
}

constexpr Route kRoutes[] = {
    {"GET", "exchanges", list_all},
    {"GET", "exchanges/:vhost", list_vhost},
    {"GET", "exchanges/:vhost/:name", get_one},
    {"PUT", "exchanges/:vhost/:name", put},
    {"DELETE", "exchanges/:vhost/:name", delete_one},
    {"GET", "exchanges/:vhost/:name/bindings/source", bindings_from},
    {"GET", "exchanges/:vhost/:name/bindings/destination", bindings_to},
};

}  // namespace

std::span<const Route> exchange_routes() { return kRoutes; }

}  // namespace varve
