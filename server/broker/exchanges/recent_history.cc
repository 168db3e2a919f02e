// x-recent-history: a fanout whose newest messages are given to whoever is bound later.
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/exchanges/message_history.h"

namespace varve {

namespace {

constexpr std::string_view kLength = "x-recent-history-length";
constexpr std::string_view kNoStore = "x-recent-history-no-store";
constexpr size_t kLengthDefault = 20;
constexpr Bytes kSizeMax = 16_MiB;  // of one exchange on one shard: the largest message by default

class RecentHistoryRoutes : public ExchangeRoutes {
public:
    explicit RecentHistoryRoutes(size_t length) : length_(length), history_(length, kSizeMax) {}

    void add(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        targets_.push_back(target);
    }
    void remove(const BindingDeclaration& /*binding*/, RouteTarget target) override {
        remove_one(targets_, target);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        out.insert(out.end(), targets_.begin(), targets_.end());
        const auto refusal = amqp::find_field(message.headers, kNoStore);
        const bool refused =
            refusal && refusal->code == 't' && refusal->value != std::string_view("\0", 1);
        if (!refused) history_.add(message.record);
    }
    size_t history_length() const override { return length_; }
    std::vector<RememberedRef> history() const override { return history_.messages(); }

private:
    size_t length_;
    std::vector<RouteTarget> targets_;
    MessageHistory history_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& arguments) {
    int64_t length = kLengthDefault;
    if (const amqp::FieldValue* asked = arguments.find(kLength)) {
        length = asked->as_integer().value_or(0);
        if (length < 1) {
            return Error{
                ErrorCode::precondition,
                "Invalid argument, '" + std::string(kLength) + "' must be a positive integer"};
        }
    }
    return std::unique_ptr<ExchangeRoutes>(
        std::make_unique<RecentHistoryRoutes>(static_cast<size_t>(length)));
}

}  // namespace

const ExchangeType kRecentHistoryExchange{"x-recent-history", make};

}  // namespace varve
