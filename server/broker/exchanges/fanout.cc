// fanout: to every binding.
#include "server/broker/exchanges/exchange_type.h"

namespace varve {

namespace {

class FanoutRoutes : public ExchangeRoutes {
public:
    void add(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        targets_.push_back(target);
    }
    void remove(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        remove_one(targets_, target);
    }
    void match(const RoutedMessage& /*message*/, std::vector<RouteTarget>& out) override {
        out.insert(out.end(), targets_.begin(), targets_.end());
    }

private:
    std::vector<RouteTarget> targets_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<FanoutRoutes>());
}

}  // namespace

const ExchangeType kFanoutExchange{"fanout", make};

}  // namespace varve
