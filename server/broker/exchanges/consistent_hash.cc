// x-consistent-hash: to one of the bindings, by the hash of the routing key or of something else in
// the message. The binding key is the binding's weight.
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "server/broker/exchanges/exchange_type.h"
#include "server/broker/exchanges/weighted_choice.h"
#include "server/message/properties.h"

#include <charconv>
#include <string>

namespace varve {

namespace {

using amqp::Property;

// The property that `hash-property` names.
std::optional<Property> hashed_property(std::string_view name) {
    if (name == "correlation_id") return Property::correlation_id;
    if (name == "message_id") return Property::message_id;
    if (name == "timestamp") return Property::timestamp;
    return std::nullopt;
}

// `precondition` in RabbitMQ's words.
Result<uint32_t> parse_weight(const std::string& key) {
    int64_t weight = 0;
    const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), weight);
    if (key.empty() || end != key.data() + key.size() || failure == std::errc::invalid_argument) {
        return Error{ErrorCode::precondition,
                     "The binding key must be an integer: <<\"" + key + "\">>"};
    }
    if (failure == std::errc() && weight < 1)
        return Error{ErrorCode::precondition, "The binding key must be greater than 0"};
    if (failure != std::errc() || weight > std::numeric_limits<uint32_t>::max())
        return Error{ErrorCode::precondition, "The binding key is too large: " + key};
    return static_cast<uint32_t>(weight);
}

// The name of a binding as a number: the same on every shard and after every restart.
uint64_t seed_of(const BindingDeclaration& binding) {
    std::string text;
    ByteWriter writer(text);
    const BindingKey key = key_of(binding);
    writer.u8(static_cast<uint8_t>(key.target));
    writer.sized(key.destination);
    writer.sized(key.routing_key);
    writer.sized(key.arguments);
    return xxh3(text);
}

class ConsistentHashRoutes : public ExchangeRoutes {
public:
    ConsistentHashRoutes(std::string header, std::optional<Property> property)
        : header_(std::move(header)), property_(property) {}

    Result<void> check(const BindingDeclaration& binding) const override {
        VARVE_TRY(parse_weight(binding.routing_key));
        return ok();
    }
    void add(const BindingDeclaration& binding, RouteTarget target) override {
        choice_.add(seed_of(binding), must(parse_weight(binding.routing_key)), target);
    }
    void remove(const BindingDeclaration& binding, RouteTarget target) override {
        choice_.remove(seed_of(binding), must(parse_weight(binding.routing_key)), target);
    }
    void match(const RoutedMessage& message, std::vector<RouteTarget>& out) override {
        if (const auto target = choice_.choose(hash(message))) out.push_back(*target);
    }

private:
    // A message without the header or the property hashes as one where it is empty.
    uint64_t hash(const RoutedMessage& message) const {
        if (!header_.empty()) {
            const auto field = amqp::find_field(message.headers, header_);
            return xxh3(field ? field->value : ByteView());
        }
        if (!property_) return xxh3(message.keys.front());
        const auto properties = must(amqp::Properties::parse(message.record.properties));
        if (*property_ == Property::timestamp) {
            std::string seconds;
            if (const auto timestamp = properties.timestamp())
                ByteWriter(seconds).u64_le(*timestamp);
            return xxh3(seconds);
        }
        return xxh3(properties.text(*property_).value_or(ByteView()));
    }

    std::string header_;  // empty: not by a header
    std::optional<Property> property_;
    WeightedChoice choice_;
};

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& arguments) {
    const amqp::FieldValue* header = arguments.find("hash-header");
    const amqp::FieldValue* name = arguments.find("hash-property");
    if (header != nullptr && name != nullptr) {
        return Error{ErrorCode::precondition,
                     "hash-header and hash-property are mutually exclusive"};
    }
    std::string header_name;
    if (header != nullptr) {
        header_name = header->as_string().value_or("");
        if (header_name.empty())
            return Error{ErrorCode::precondition, "hash-header must be the name of a header"};
    }
    std::optional<Property> property;
    if (name != nullptr) {
        const std::string text(name->as_string().value_or(""));
        property = hashed_property(text);
        if (!property) return Error{ErrorCode::precondition, "Unsupported property: " + text};
    }
    return std::unique_ptr<ExchangeRoutes>(
        std::make_unique<ConsistentHashRoutes>(std::move(header_name), property));
}

}  // namespace

const ExchangeType kConsistentHashExchange{"x-consistent-hash", make};

}  // namespace varve
