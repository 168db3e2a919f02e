// /api/varve/v1/cursors: the places that readers of queues have under a name.
#include "server/broker/inventory.h"
#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <algorithm>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;
using Listings = std::vector<CursorListing>;

object cursor_json(const std::string& vhost,
                   const std::string& queue,
                   const CursorListing& cursor) {
    return object{{"in_use", cursor.figures.in_use},
                  {"messages_behind", cursor.figures.behind},
                  {"name", utf8_text(cursor.name)},
                  {"next_offset", cursor.figures.next.value},
                  {"queue", utf8_text(queue)},
                  {"vhost", utf8_text(vhost)}};
}

Task<Result<Listings>> look(ApiContext& context, std::string vhost, std::string queue) {
    VARVE_CO_TRY(SessionContext session, administrator(context, vhost));
    co_return co_await context.changes().cursors(std::move(session), std::move(queue));
}

Task<ApiAnswer> list_some(ApiContext& context,
                          ApiRequest request,
                          std::optional<std::string> vhost) {
    array items;
    for (const QueueListing& queue : co_await context.broker.inventory().queues(std::move(vhost))) {
        const QueueEntry& entry = *queue.entry;
        if (!entry.stored()) continue;  // asks no shard for what cannot be
        const auto found =
            co_await run_on(context.shard_of_changes(), look(context, entry.vhost, entry.name));
        if (!found) continue;  // deleted meanwhile
        for (const CursorListing& cursor : *found)
            items.push_back(cursor_json(entry.vhost, entry.name, cursor));
    }
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

Task<ApiAnswer> list_queue(ApiContext& context, ApiRequest request) {
    const auto found = co_await run_on(context.shard_of_changes(),
                                       look(context, request.params[0], request.params[1]));
    if (!found) co_return refusal(found.error());
    array items;
    for (const CursorListing& cursor : *found)
        items.push_back(cursor_json(request.params[0], request.params[1], cursor));
    co_return listing(request, std::move(items));
}

Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto found = co_await run_on(context.shard_of_changes(),
                                       look(context, request.params[0], request.params[1]));
    if (!found) co_return refusal(found.error());
    const auto cursor = std::ranges::find(*found, request.params[2], &CursorListing::name);
    if (cursor == found->end()) co_return not_found();
    co_return single(request, cursor_json(request.params[0], request.params[1], *cursor));
}

// {"offset": <what x-stream-offset may be>}; times, which JSON has no type for, are
// {"timestamp": <seconds>}.
Result<ReaderStart> place_of(const object& body) {
    const auto* offset = body.if_contains("offset");
    const auto* timestamp = body.if_contains("timestamp");
    if ((offset == nullptr) == (timestamp == nullptr)) {
        return Error{ErrorCode::invalid_argument,
                     "one of 'offset' and 'timestamp' says where the cursor goes"};
    }
    if (timestamp != nullptr) {
        VARVE_TRY(const auto seconds, integer_of(body, "timestamp"));
        if (*seconds < 0) return wrong_field("timestamp", "seconds since 1970");
        return parse_reader_start({amqp::FieldTimestamp{static_cast<uint64_t>(*seconds)}});
    }
    VARVE_TRY(const amqp::FieldTable fields, fields_of(object{{"offset", *offset}}));
    return parse_reader_start(fields.entries()[0].value);
}

Task<Result<void>> move(ApiContext& context, std::vector<std::string> path, ReaderStart to) {
    VARVE_CO_TRY(SessionContext session, administrator(context, path[0]));
    co_return co_await context.changes().reset_cursor(std::move(session), path[1], path[2], to);
}

Task<ApiAnswer> reset(ApiContext& context, ApiRequest request) {
    const auto to = place_of(request.body);
    if (!to) co_return refusal(to.error());
    const auto done =
        co_await run_on(context.shard_of_changes(), move(context, request.params, *to));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

Task<Result<void>> remove(ApiContext& context, std::vector<std::string> path) {
    VARVE_CO_TRY(SessionContext session, administrator(context, path[0]));
    co_return co_await context.changes().delete_cursor(std::move(session), path[1], path[2]);
}

Task<ApiAnswer> delete_one(ApiContext& context, ApiRequest request) {
    const auto done = co_await run_on(context.shard_of_changes(), remove(context, request.params));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

constexpr Route kRoutes[] = {
    {"GET", "varve/v1/cursors", list_all},
    {"GET", "varve/v1/cursors/:vhost", list_vhost},
    {"GET", "varve/v1/cursors/:vhost/:queue", list_queue},
    {"GET", "varve/v1/cursors/:vhost/:queue/:name", get_one},
    {"PUT", "varve/v1/cursors/:vhost/:queue/:name", reset},
    {"DELETE", "varve/v1/cursors/:vhost/:queue/:name", delete_one},
};

}  // namespace

std::span<const Route> cursor_routes() { return kRoutes; }

}  // namespace varve
