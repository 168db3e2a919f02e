#include "server/broker/exchanges/exchange_type.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

namespace {
constexpr const ExchangeType* kTypes[] = {
    &kDirectExchange,
    &kFanoutExchange,
    &kTopicExchange,
    &kHeadersExchange,
    &kRandomExchange,
    &kRecentHistoryExchange,
    &kConsistentHashExchange,
    &kModulusHashExchange,
    &kDelayedExchange,
};
}  // namespace

Result<void> ExchangeRoutes::check(const BindingDeclaration& /*binding*/) const { return ok(); }

const ExchangeType* find_exchange_type(std::string_view name) {
    const auto found = std::ranges::find(kTypes, name, &ExchangeType::name);
    return found == std::ranges::end(kTypes) ? nullptr : *found;
}

void remove_one(std::vector<RouteTarget>& targets, RouteTarget target) {
    const auto found = std::ranges::find(targets, target);
    VARVE_CHECK(found != targets.end());
    targets.erase(found);
}

}  // namespace varve
