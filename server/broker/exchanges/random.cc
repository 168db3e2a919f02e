// x-random: to one of the bindings, whatever the key; each is as likely.
#include "server/broker/exchanges/exchange_type.h"

namespace varve {

namespace {

class RandomRoutes : public ExchangeRoutes {
public:
    void add(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        targets_.push_back(target);
    }
    void remove(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        remove_one(targets_, target);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        if (!targets_.empty()) out.push_back(targets_[message.rng.next() % targets_.size()]);
    }

private:
    std::vector<RouteTarget> targets_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<RandomRoutes>());
}

}  // namespace

const ExchangeType kRandomExchange{"x-random", make};

}  // namespace varve
