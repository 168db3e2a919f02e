// x-modulus-hash: to one of the bindings, by the hash of the routing key modulo their number. Most
// keys move when one is added; x-consistent-hash moves few.
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "server/broker/exchanges/exchange_type.h"

#include <algorithm>

namespace varve {

namespace {

class ModulusHashRoutes : public ExchangeRoutes {
public:
    void add(const BindingDeclaration& binding, RouteTarget target) override {
        Place place{key_of(binding), target};
        const auto at = std::ranges::lower_bound(places_, place.key, {}, &Place::key);
        places_.insert(at, std::move(place));
    }
    void remove(const BindingDeclaration& binding, RouteTarget /*target*/) override {
        const auto at = std::ranges::lower_bound(places_, key_of(binding), {}, &Place::key);
        VARVE_CHECK(at != places_.end() && at->key == key_of(binding));
        places_.erase(at);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        if (places_.empty()) return;
        out.push_back(places_[xxh3(message.keys.front()) % places_.size()].target);
    }

private:
    struct Place {
        BindingKey key;
        RouteTarget target;
    };
    std::vector<Place> places_;  // sorted: the same order on every shard and after every restart
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<ModulusHashRoutes>());
}

}  // namespace

const ExchangeType kModulusHashExchange{"x-modulus-hash", make};

}  // namespace varve
