#include "server/broker/policy.h"

#include "server/auth/name_pattern.h"
#include "server/broker/argument_check.h"
#include "server/broker/queue_spec.h"

#include <algorithm>
#include <array>

namespace varve {

using amqp::FieldEntry;
using amqp::FieldTable;
using amqp::FieldValue;

namespace {

constexpr std::array<std::string_view, kPolicyTargetCount> kTargets{
    "all", "queues", "classic_queues", "quorum_queues", "streams", "exchanges"};

enum class Value : uint8_t { argument, text, integer, anything };
enum class Operators : uint8_t { no, yes };

// What a policy may say. A value of the sort `argument` is checked as the queue argument "x-<name>"
// is; the others have no effect on one node, or name an exchange.
struct Key {
    std::string_view name;
    std::string_view called;  // "5 is not a valid <called>"
    Value value;
    Operators operators;
    PolicyMerge merge = PolicyMerge::first;
};
constexpr auto kMinimum = PolicyMerge::minimum;
constexpr std::array kKeys{
    Key{"alternate-exchange", "alternate exchange name", Value::text, Operators::no},
    Key{"dead-letter-exchange", "dead letter exchange name", Value::argument, Operators::no},
    Key{"dead-letter-routing-key", "dead letter routing key", Value::argument, Operators::no},
    Key{"dead-letter-strategy", "dead letter strategy", Value::argument, Operators::no},
    Key{"message-ttl", "message TTL", Value::argument, Operators::yes, kMinimum},
    Key{"expires", "queue expiry", Value::argument, Operators::yes, kMinimum},
    Key{"max-length", "maximum length", Value::argument, Operators::yes, kMinimum},
    Key{"max-length-bytes", "maximum length in bytes", Value::argument, Operators::yes, kMinimum},
    Key{"overflow", "overflow value", Value::argument, Operators::yes},
    Key{"delivery-limit", "delivery limit", Value::argument, Operators::yes, kMinimum},
    Key{"consumer-timeout", "consumer timeout", Value::argument, Operators::yes, kMinimum},
    Key{"retention-bytes", "number of bytes", Value::argument, Operators::yes, kMinimum},
    Key{"retention-age", "age", Value::argument, Operators::yes},
    Key{"max-age", "max age", Value::argument, Operators::no},
    // Without an effect here.
    Key{"max-in-memory-length", "maximum length", Value::integer, Operators::yes, kMinimum},
    Key{"max-in-memory-bytes", "maximum in bytes", Value::integer, Operators::yes, kMinimum},
    Key{"stream-max-segment-size-bytes", "segment size", Value::integer, Operators::no},
    Key{"stream-filter-size-bytes", "filter size", Value::integer, Operators::no},
    Key{"queue-leader-locator", "queue leader locator", Value::text, Operators::no},
    Key{"queue-master-locator", "queue master locator", Value::text, Operators::no},
    Key{"initial-cluster-size", "initial cluster size", Value::integer, Operators::no},
    Key{"target-group-size", "target group size", Value::integer, Operators::yes},
    Key{"queue-version", "queue-version value", Value::argument, Operators::yes},
    Key{"queue-mode", "queue-mode value", Value::argument, Operators::no},
    Key{"ha-mode", "ha-mode", Value::text, Operators::yes},
    Key{"ha-params", "ha-params", Value::anything, Operators::yes},
    Key{"ha-sync-mode", "ha-sync-mode", Value::text, Operators::yes},
    Key{"ha-sync-batch-size", "ha-sync-batch-size", Value::integer, Operators::no},
    Key{"ha-promote-on-shutdown", "ha-promote-on-shutdown", Value::text, Operators::no},
    Key{"ha-promote-on-failure", "ha-promote-on-failure", Value::text, Operators::no},
    Key{"federation-upstream", "federation upstream", Value::text, Operators::no},
    Key{"federation-upstream-set", "federation upstream set", Value::text, Operators::no},
    Key{"federation-upstream-pattern", "federation upstream pattern", Value::text, Operators::no},
    Key{"consumer-disconnected-timeout", "timeout", Value::integer, Operators::no},
    Key{"delayed-retry-type", "delayed retry type", Value::text, Operators::no},
    Key{"delayed-retry-min", "delayed retry time", Value::integer, Operators::no},
    Key{"delayed-retry-max", "delayed retry time", Value::integer, Operators::no},
};

const Key* find_key(std::string_view name) {
    const auto found = std::ranges::find(kKeys, name, &Key::name);
    return found == kKeys.end() ? nullptr : &*found;
}

// For people: texts and numbers as they are.
std::string shown(const FieldValue& value) {
    if (const auto text = value.as_string()) return "<<\"" + std::string(*text) + "\">>";
    if (const auto number = value.as_integer()) return std::to_string(*number);
    if (const auto flag = value.as_boolean()) return *flag ? "true" : "false";
    return "the value";
}

bool is_valid_argument(std::string_view name, const FieldValue& value) {
    FieldTable arguments;
    // The routing key of dead letters is refused without their exchange, which a queue may have.
    if (name == "dead-letter-routing-key")
        arguments.set("x-dead-letter-exchange", FieldValue::string("any"));
    arguments.set("x-" + std::string(name), value);
    const QueueDeclaration declaration{
        .name = "any", .durable = true, .arguments = arguments.encode()};
    return static_cast<bool>(parse_queue_spec(declaration, "/", RetentionPolicy()));
}

bool is_valid(const Key& key, const FieldValue& value) {
    switch (key.value) {
        case Value::argument:
            return is_valid_argument(key.name, value);
        case Value::text:
            return value.as_string().has_value();
        case Value::integer:
            return value.as_integer().value_or(-1) >= 0;
        case Value::anything:
            break;
    }
    return true;
}

Error invalid(std::string text) {
    return {ErrorCode::invalid_argument, "Validation failed\n\n" + std::move(text)};
}

Result<void> check_definition(const Policy& policy, const FieldTable& definition) {
    if (definition.empty()) return invalid("no policy provided");
    for (const FieldEntry& entry : definition.entries()) {
        const Key* key = find_key(entry.name);
        if (key == nullptr) {
            return invalid("[{<<\"" + entry.name + "\">>," + shown(entry.value) +
                           "}] are not recognised policy settings");
        }
        if (policy.kind == PolicyKind::operators && key->operators == Operators::no) {
            return invalid("'" + entry.name + "' is not a key that an operator policy may have");
        }
        if (!is_valid(*key, entry.value))
            return invalid(shown(entry.value) + " is not a valid " + std::string(key->called));
    }
    return ok();
}

}  // namespace

std::string_view to_string(PolicyTarget target) { return kTargets[static_cast<size_t>(target)]; }

std::optional<PolicyTarget> policy_target(std::string_view name) {
    const auto found = std::ranges::find(kTargets, name);
    if (found == kTargets.end()) return std::nullopt;
    return static_cast<PolicyTarget>(found - kTargets.begin());
}

Result<void> check_policy(const Policy& policy) {
    if (const auto compiled = NamePattern::compile(policy.pattern); !compiled)
        return invalid("not a valid regular expression: " + compiled.error().detail);
    VARVE_TRY(const FieldTable definition, FieldTable::decode(policy.definition));
    return check_definition(policy, definition);
}

PolicyMerge policy_merge(std::string_view name) {
    const Key* key = find_key(name);
    return key == nullptr ? PolicyMerge::first : key->merge;
}

}  // namespace varve
