// headers: by the message's headers.
#include "engine/base/check.h"
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/exchanges/headers_match.h"

#include <algorithm>
#include <string>

namespace varve {

namespace {

class HeadersRoutes : public ExchangeRoutes {
public:
    Result<void> check(const BindingDeclaration& binding) const override {
        VARVE_TRY(HeadersMatch::parse(binding.arguments));
        return ok();
    }
    void add(const BindingDeclaration& binding, RouteTarget target) override {
        routes_.push_back(
            {binding.arguments, must(HeadersMatch::parse(binding.arguments)), target});
    }
    void remove(const BindingDeclaration& binding, RouteTarget target) override {
        const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
            return route.target == target && route.arguments == binding.arguments;
        });
        VARVE_CHECK(found != routes_.end());
        routes_.erase(found);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        for (const Route& route : routes_) {
            if (route.match.matches(message.headers)) out.push_back(route.target);
        }
    }

private:
    struct Route {
        std::string arguments;
        HeadersMatch match;
        RouteTarget target;
    };
    std::vector<Route> routes_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<HeadersRoutes>());
}

}  // namespace

const ExchangeType kHeadersExchange{"headers", make};

}  // namespace varve
