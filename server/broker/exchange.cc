#include "server/broker/exchange.h"

#include "engine/base/check.h"

#include <algorithm>

namespace varve {

namespace {
// Bindings that differ only in what this type of exchange does not look at lead to the same target
// twice.
void remove_one(std::vector<RouteTarget>& targets, RouteTarget target) {
    const auto found = std::ranges::find(targets, target);
    VARVE_CHECK(found != targets.end());
    targets.erase(found);
}
}  // namespace

void DirectRoutes::add(const Binding& binding, RouteTarget target) {
    by_key_[binding.declaration.routing_key].push_back(target);
}
void DirectRoutes::remove(const Binding& binding, RouteTarget target) {
    const auto found = by_key_.find(binding.declaration.routing_key);
    VARVE_CHECK(found != by_key_.end());
    remove_one(found->second, target);
    if (found->second.empty()) by_key_.erase(found);
}
void DirectRoutes::match(std::string_view key,
                         ByteView /*headers*/,
                         std::vector<RouteTarget>& out) const {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
}

void FanoutRoutes::add(const Binding& /*binding*/, RouteTarget target) {
    targets_.push_back(target);
}
void FanoutRoutes::remove(const Binding& /*binding*/, RouteTarget target) {
    remove_one(targets_, target);
}
void FanoutRoutes::match(std::string_view /*key*/,
                         ByteView /*headers*/,
                         std::vector<RouteTarget>& out) const {
    out.insert(out.end(), targets_.begin(), targets_.end());
}

void TopicRoutes::add(const Binding& binding, RouteTarget target) {
    tree_.add(binding.declaration.routing_key, target);
}
void TopicRoutes::remove(const Binding& binding, RouteTarget target) {
    tree_.remove(binding.declaration.routing_key, target);
}
void TopicRoutes::match(std::string_view key,
                        ByteView /*headers*/,
                        std::vector<RouteTarget>& out) const {
    tree_.match(key, out);
}

void HeadersRoutes::add(const Binding& binding, RouteTarget target) {
    const std::string& arguments = binding.declaration.arguments;
    routes_.push_back({arguments, must(HeadersMatch::parse(arguments)), target});
}
void HeadersRoutes::remove(const Binding& binding, RouteTarget target) {
    const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
        return route.target == target && route.arguments == binding.declaration.arguments;
    });
    VARVE_CHECK(found != routes_.end());
    routes_.erase(found);
}
void HeadersRoutes::match(std::string_view /*key*/,
                          ByteView headers,
                          std::vector<RouteTarget>& out) const {
    for (const Route& route : routes_) {
        if (route.match.matches(headers)) out.push_back(route.target);
    }
}

Exchange::Exchange(std::string name, ExchangeSpec spec)
    : name_(std::move(name)), spec_(std::move(spec)), routes_(make_routes(spec_.type)) {}

Exchange::Routes Exchange::make_routes(ExchangeType type) {
    switch (type) {
        case ExchangeType::direct:
            break;
        case ExchangeType::fanout:
            return Routes(std::in_place_type<FanoutRoutes>);
        case ExchangeType::topic:
            return Routes(std::in_place_type<TopicRoutes>);
        case ExchangeType::headers:
            return Routes(std::in_place_type<HeadersRoutes>);
    }
    return Routes(std::in_place_type<DirectRoutes>);
}

Result<void> Exchange::check_binding(const BindingDeclaration& binding) const {
    if (spec_.type != ExchangeType::headers) return ok();
    VARVE_TRY(HeadersMatch::parse(binding.arguments));
    return ok();
}

void Exchange::bind(Binding binding, RouteTarget target) {
    const auto [entry, is_new] =
        bindings_.try_emplace(key_of(binding.declaration), std::move(binding));
    VARVE_CHECK(is_new);
    std::visit([&added = entry->second, target](auto& routes) { routes.add(added, target); },
               routes_);
}

bool Exchange::unbind(const BindingKey& key, RouteTarget target) {
    const auto entry = bindings_.find(key);
    if (entry == bindings_.end()) return false;
    std::visit([&removed = entry->second, target](auto& routes) { routes.remove(removed, target); },
               routes_);
    bindings_.erase(entry);
    return true;
}

const Binding* Exchange::find_binding(const BindingKey& key) const {
    const auto entry = bindings_.find(key);
    return entry == bindings_.end() ? nullptr : &entry->second;
}

std::vector<Binding> Exchange::bindings_to(BindingDeclaration::Target target,
                                           const std::string& destination) const {
    std::vector<Binding> found;
    for (auto at = bindings_.lower_bound({target, destination, {}, {}}); at != bindings_.end();
         ++at) {
        if (at->first.target != target || at->first.destination != destination) break;
        found.push_back(at->second);
    }
    return found;
}

void Exchange::match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const {
    std::visit([&](const auto& routes) { routes.match(key, headers, out); }, routes_);
}

}  // namespace varve
