// topic: by pattern of words.
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/exchanges/topic_tree.h"

namespace varve {

namespace {

class TopicRoutes : public ExchangeRoutes {
public:
    void add(const BindingDeclaration& binding, RouteTarget target) override {
        tree_.add(binding.routing_key, target);
    }
    void remove(const BindingDeclaration& binding, RouteTarget target) override {
        tree_.remove(binding.routing_key, target);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        for (const std::string_view key : message.keys) tree_.match(key, out);
    }

private:
    TopicTree tree_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& /*arguments*/) {
    return std::unique_ptr<ExchangeRoutes>(std::make_unique<TopicRoutes>());
}

}  // namespace

const ExchangeType kTopicExchange{"topic", make};

}  // namespace varve
