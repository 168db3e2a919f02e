// direct: by routing key, exactly.
#include "engine/base/check.h"
#include "server/broker/exchanges/exchange_type.h"

#include <string>
#include <unordered_map>

namespace varve {

namespace {

class DirectRoutes : public ExchangeRoutes {
public:
    void add(const BindingDeclaration& binding, RouteTarget target) override {
        by_key_[binding.routing_key].push_back(target);
    }
    void remove(const BindingDeclaration& binding, RouteTarget target) override {
        const auto found = by_key_.find(binding.routing_key);
        VARVE_CHECK(found != by_key_.end());
        remove_one(found->second, target);
        if (found->second.empty()) by_key_.erase(found);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        for (const std::string_view key : message.keys) {
            const auto found = by_key_.find(key);
            if (found == by_key_.end()) continue;
            out.insert(out.end(), found->second.begin(), found->second.end());
        }
    }

private:
    struct KeyHash {
        using is_transparent = void;
        size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };
    std::unordered_map<std::string, std::vector<RouteTarget>, KeyHash, std::equal_to<>> by_key_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<DirectRoutes>());
}

}  // namespace

const ExchangeType kDirectExchange{"direct", make};

}  // namespace varve
