// /api/queues
#include "server/broker/inventory.h"
#include "server/broker/ownership.h"
#include "server/http/api/binding_json.h"
#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <algorithm>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

boost::json::value name_of(const Policy* policy) {
    if (policy == nullptr) return nullptr;
    return boost::json::string(utf8_text(policy->name));
}

object queue_json(const ApiContext& context,
                  const PolicyBook& policies,
                  const QueueListing& listed) {
    const QueueEntry& queue = *listed.entry;
    const QueueStatus status = status_of(queue);
    Bytes bytes = 0;
    for (const LogRef& log : queue.logs) bytes += log->size();
    const PolicyBook::Match match = policies.of_queue(queue.vhost, queue.name, queue.spec.type);
    return object{{"arguments", json_of_encoded(listed.spec->arguments)},
                  {"auto_delete", queue.spec.auto_delete},
                  {"consumers", status.consumers},
                  {"durable", queue.spec.durable},
                  {"effective_policy_definition", json_of(PolicyBook::definition_of(match))},
                  {"exclusive", queue.spec.exclusive},
                  {"messages", status.ready + status.unsettled},
                  {"messages_ready", status.ready},
                  {"messages_unacknowledged", status.unsettled},
                  {"name", utf8_text(queue.name)},
                  {"node", context.node.name},
                  {"operator_policy", name_of(match.operators)},
                  {"pid", queue.id.hex()},
                  {"policy", name_of(match.user)},
                  {"state", "running"},
                  {"type", std::string(to_string(queue.spec.type))},
                  {"varve_log_bytes", bytes},
                  {"vhost", utf8_text(queue.vhost)}};
}

Task<ApiAnswer> list_some(ApiContext& context,
                          ApiRequest request,
                          std::optional<std::string> vhost) {
    std::vector<QueueListing> queues = co_await context.broker.inventory().queues(std::move(vhost));
    std::ranges::sort(queues, [](const QueueListing& a, const QueueListing& b) {
        return std::tie(a.entry->vhost, a.entry->name) < std::tie(b.entry->vhost, b.entry->name);
    });
    const auto policies = co_await policy_book(context);
    array items;
    items.reserve(queues.size());
    for (const QueueListing& queue : queues) items.push_back(queue_json(context, *policies, queue));
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
    const auto found =
        co_await context.broker.inventory().queue(request.params[0], request.params[1]);
    if (!found) co_return not_found();
    const auto policies = co_await policy_book(context);
    co_return single(request, queue_json(context, *policies, *found));
}

Task<Result<QueueStatus>> declare(ApiContext& context,
                                  std::string vhost,
                                  QueueDeclaration declaration) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().declare_queue(std::move(session), std::move(declaration));
}

Result<QueueDeclaration> declaration_of(const ApiRequest& request) {
    QueueDeclaration declaration{.name = request.params[1]};
    VARVE_TRY(declaration.durable, flag_of(request.body, "durable", true));
    VARVE_TRY(declaration.auto_delete, flag_of(request.body, "auto_delete", false));
    VARVE_TRY(const bool exclusive, flag_of(request.body, "exclusive", false));
    if (exclusive) {
        return Error{ErrorCode::precondition,
                     "an exclusive queue belongs to an AMQP connection: declare it there"};
    }
    VARVE_TRY(declaration.arguments, table_of(request.body, "arguments"));
    return declaration;
}

Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    auto declaration = declaration_of(request);
    if (!declaration) co_return refusal(declaration.error());
    const bool existed =
        (co_await context.broker.inventory().queue(request.params[0], request.params[1]))
            .has_value();
    const auto declared = co_await run_on(
        context.shard_of_changes(), declare(context, request.params[0], std::move(*declaration)));
    if (!declared) co_return refusal(declared.error());
    co_return existed ? no_content() : created();
}

Task<Result<uint64_t>> remove(ApiContext& context,
                              std::string vhost,
                              std::string name,
                              DeleteConditions conditions) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().delete_queue(
        std::move(session), std::move(name), conditions);
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    if (!co_await context.broker.inventory().queue(request.params[0], request.params[1]))
        co_return not_found();
    const DeleteConditions conditions{.if_unused = request.asked("if-unused") == "true",
                                      .if_empty = request.asked("if-empty") == "true"};
    const auto deleted =
        co_await run_on(context.shard_of_changes(),
                        remove(context, request.params[0], request.params[1], conditions));
    if (!deleted) co_return refusal(deleted.error());
    co_return no_content();
}

Task<Result<uint64_t>> purge(ApiContext& context, std::string vhost, std::string name) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().purge_queue(std::move(session), std::move(name));
}

Task<ApiAnswer> delete_contents(ApiContext& context, ApiRequest request) {
    const auto purged = co_await run_on(context.shard_of_changes(),
                                        purge(context, request.params[0], request.params[1]));
    if (!purged) co_return refusal(purged.error());
    co_return no_content();
}

Task<ApiAnswer> bindings(ApiContext& context, ApiRequest request) {
    const std::string vhost = request.params[0];
    const std::string name = request.params[1];
    if (!co_await context.broker.inventory().queue(vhost, name)) co_return not_found();
    array items = co_await bindings_json(
        context, vhost, {.target = BindingDeclaration::Target::queue, .destination = name});
    co_return listing(request, std::move(items));
}

constexpr Route kRoutes[] = {
    {"GET", "queues", list_all},
    {"GET", "queues/:vhost", list_vhost},
    {"GET", "queues/:vhost/:name", get_one},
    {"PUT", "queues/:vhost/:name", put},
    {"DELETE", "queues/:vhost/:name", delete_one},
    {"DELETE", "queues/:vhost/:name/contents", delete_contents},
    {"GET", "queues/:vhost/:name/bindings", bindings},
};

}  // namespace

std::span<const Route> queue_routes() { return kRoutes; }

}  // namespace varve
