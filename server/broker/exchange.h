// One exchange on one shard: its bindings, and which of them a message matches.
#pragma once

#include "engine/base/result.h"
#include "server/broker/binding.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/route_target.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace varve {

// Threading: Caller-serialised: one shard's.
class Exchange {
public:
    // Of a spec that was parsed, or has no arguments.
    Exchange(std::string name, ExchangeSpec spec);

    const std::string& name() const { return name_; }
    const ExchangeSpec& spec() const { return spec_; }
    // Where a message goes that no binding matched: what was declared, or what a policy says.
    const std::optional<std::string>& alternate() const { return alternate_; }
    void set_alternate(std::optional<std::string> name) { alternate_ = std::move(name); }

    // What this type of exchange cannot bind with is `precondition`.
    Result<void> check_binding(const BindingDeclaration& binding) const {
        return routes_->check(binding);
    }
    // The binding is new, and check_binding() accepted it.
    void bind(Binding binding, RouteTarget target);
    // Answers whether there was such a binding.
    bool unbind(const BindingKey& key, RouteTarget target);
    const Binding* find_binding(const BindingKey& key) const;
    const std::map<BindingKey, Binding>& bindings() const { return bindings_; }
    // Those that lead to one destination, copied.
    std::vector<Binding> bindings_to(BindingDeclaration::Target target,
                                     const std::string& destination) const;

    // Adds where a message goes. One target may come several times.
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) {
        routes_->match(message, out);
    }

    // What a new binding is given: see ExchangeRoutes.
    size_t history_length() const { return routes_->history_length(); }
    std::vector<RememberedRef> history() const { return routes_->history(); }

    QueueSlot* delay_queue = nullptr;  // of one that delays messages: where they wait
    uint64_t visit = 0;                // of the route that was here last: cuts cycles

private:
    std::string name_;
    ExchangeSpec spec_;
    std::optional<std::string> alternate_;
    std::map<BindingKey, Binding> bindings_;
    std::unique_ptr<ExchangeRoutes> routes_;
};

}  // namespace varve
