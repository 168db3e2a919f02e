// One exchange on one shard: its bindings, and which of them a message matches.
#pragma once

#include "engine/base/result.h"
#include "server/broker/binding.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/headers_match.h"
#include "server/broker/route_target.h"
#include "server/broker/topic_tree.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace varve {

// By routing key, exactly.
class DirectRoutes {
public:
    void add(const Binding& binding, RouteTarget target);
    void remove(const Binding& binding, RouteTarget target);
    void match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const;

private:
    struct KeyHash {
        using is_transparent = void;
        size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };
    std::unordered_map<std::string, std::vector<RouteTarget>, KeyHash, std::equal_to<>> by_key_;
};

// To every binding.
class FanoutRoutes {
public:
    void add(const Binding& binding, RouteTarget target);
    void remove(const Binding& binding, RouteTarget target);
    void match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const;

private:
    std::vector<RouteTarget> targets_;
};

// By pattern.
class TopicRoutes {
public:
    void add(const Binding& binding, RouteTarget target);
    void remove(const Binding& binding, RouteTarget target);
    void match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const;

private:
    TopicTree tree_;
};

// By message headers.
class HeadersRoutes {
public:
    void add(const Binding& binding, RouteTarget target);
    void remove(const Binding& binding, RouteTarget target);
    void match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const;

private:
    struct Route {
        std::string arguments;
        HeadersMatch match;
        RouteTarget target;
    };
    std::vector<Route> routes_;
};

// Threading: Caller-serialised: one shard's.
class Exchange {
public:
    Exchange(std::string name, ExchangeSpec spec);

    const std::string& name() const { return name_; }
    const ExchangeSpec& spec() const { return spec_; }

    // Arguments that this type of exchange cannot bind with are `precondition`.
    Result<void> check_binding(const BindingDeclaration& binding) const;
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
    void match(std::string_view key, ByteView headers, std::vector<RouteTarget>& out) const;

    uint64_t visit = 0;  // of the route that was here last: cuts cycles

private:
    using Routes = std::variant<DirectRoutes, FanoutRoutes, TopicRoutes, HeadersRoutes>;
    static Routes make_routes(ExchangeType type);

    std::string name_;
    ExchangeSpec spec_;
    std::map<BindingKey, Binding> bindings_;
    Routes routes_;
};

}  // namespace varve
