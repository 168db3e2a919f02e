// /api/policies, /api/operator-policies
#include "server/broker/policies.h"

#include "server/http/api/context.h"
#include "server/http/api/routes.h"
#include "server/http/body.h"
#include "server/http/listing.h"

#include <limits>

namespace varve {

namespace {

using boost::json::array;
using boost::json::object;

object json_of(const Policy& policy) {
    return object{{"apply-to", to_string(policy.apply_to)},
                  {"definition", json_of_encoded(policy.definition)},
                  {"name", utf8_text(policy.name)},
                  {"pattern", utf8_text(policy.pattern)},
                  {"priority", policy.priority},
                  {"vhost", utf8_text(policy.vhost)}};
}

Result<Policy> policy_of(PolicyKind kind, const ApiRequest& request) {
    Policy policy{.kind = kind, .vhost = request.params[0], .name = request.params[1]};
    VARVE_TRY(policy.pattern, needed_text_of(request.body, "pattern"));
    VARVE_TRY(const auto apply_to, text_of(request.body, "apply-to"));
    const auto target = policy_target(apply_to.value_or("all"));
    if (!target) {
        return Error{ErrorCode::invalid_argument,
                     "apply-to '" + *apply_to +
                         "' unrecognised; should be one of: 'queues', 'classic_queues', "
                         "'quorum_queues', 'streams', 'exchanges', or 'all'"};
    }
    policy.apply_to = *target;
    VARVE_TRY(const auto priority, integer_of(request.body, "priority"));
    using Limits = std::numeric_limits<int32_t>;
    if (priority && (*priority < Limits::min() || *priority > Limits::max()))
        return wrong_field("priority", "a number of 32 bits");
    policy.priority = static_cast<int32_t>(priority.value_or(0));
    VARVE_TRY(policy.definition, table_of(request.body, "definition"));
    return policy;
}

template <PolicyKind kind>
Task<ApiAnswer> list(ApiContext& context, ApiRequest request) {
    const auto book = co_await policy_book(context);
    array items;
    for (const Policy& policy : book->all()) {
        const bool wanted = request.params.empty() || request.params[0] == policy.vhost;
        if (policy.kind == kind && wanted) items.push_back(json_of(policy));
    }
    co_return listing(request, std::move(items));
}

template <PolicyKind kind>
Task<ApiAnswer> get_one(ApiContext& context, ApiRequest request) {
    const auto book = co_await policy_book(context);
    const Policy* policy = book->find(kind, request.params[0], request.params[1]);
    if (policy == nullptr) co_return not_found();
    co_return single(request, json_of(*policy));
}

template <PolicyKind kind>
Task<ApiAnswer> put(ApiContext& context, ApiRequest request) {
    auto policy = policy_of(kind, request);
    if (!policy) co_return refusal(policy.error());
    const auto book = co_await policy_book(context);
    const bool existed = book->find(kind, policy->vhost, policy->name) != nullptr;
    const auto done = co_await run_on(context.shard_of_changes(),
                                      context.broker.policies().put(std::move(*policy)));
    if (!done) co_return refusal(done.error());
    co_return existed ? no_content() : created();
}

template <PolicyKind kind>
Task<ApiAnswer> erase(ApiContext& context, ApiRequest request) {
    const auto done = co_await run_on(
        context.shard_of_changes(),
        context.broker.policies().erase(kind, request.params[0], request.params[1]));
    if (!done) co_return refusal(done.error());
    co_return no_content();
}

constexpr auto kUser = PolicyKind::user;
constexpr auto kOperators = PolicyKind::operators;
constexpr Route kRoutes[] = {
    {"GET", "policies", list<kUser>},
    {"GET", "policies/:vhost", list<kUser>},
    {"GET", "policies/:vhost/:name", get_one<kUser>},
    {"PUT", "policies/:vhost/:name", put<kUser>},
    {"DELETE", "policies/:vhost/:name", erase<kUser>},
    {"GET", "operator-policies", list<kOperators>},
    {"GET", "operator-policies/:vhost", list<kOperators>},
    {"GET", "operator-policies/:vhost/:name", get_one<kOperators>},
    {"PUT", "operator-policies/:vhost/:name", put<kOperators>},
    {"DELETE", "operator-policies/:vhost/:name", erase<kOperators>},
};

}  // namespace

std::span<const Route> policy_routes() { return kRoutes; }

}  // namespace varve
