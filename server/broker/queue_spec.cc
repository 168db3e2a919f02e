#include "server/broker/queue_spec.h"

#include "server/broker/argument_check.h"
#include "server/broker/resource.h"

#include <algorithm>
#include <array>

namespace varve {

using amqp::FieldTable;
using amqp::FieldValue;

namespace {

ArgumentFault check_expires(const FieldValue& value, const FieldTable& /*all*/) {
    if (value.as_integer() == 0) return "{value_zero,0}";
    return check_time_limit(value);
}

ArgumentFault check_priority(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_non_negative(value); !fault.empty()) return fault;
    if (*value.as_integer() > 255)
        return "{max_value_exceeded," + std::to_string(*value.as_integer()) + "}";
    return "";
}

ArgumentFault check_dead_letter_key(const FieldValue& value, const FieldTable& all) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    return all.find("x-dead-letter-exchange") == nullptr ? "routing_key_but_no_dlx_defined" : "";
}

ArgumentFault check_type(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view type = *value.as_string();
    if (type == "classic" || type == "quorum" || type == "stream") return "";
    return "\"unsupported queue type '" + std::string(type) + "'\"";
}

ArgumentFault check_overflow(const FieldValue& value, const FieldTable& /*all*/) {
    if (auto fault = check_text(value); !fault.empty()) return fault;
    const std::string_view overflow = *value.as_string();
    const bool known =
        overflow == "drop-head" || overflow == "reject-publish" || overflow == "reject-publish-dlx";
    return known ? "" : "invalid_overflow";
}

ArgumentFault check_retention_age(const FieldValue& value, const FieldTable& /*all*/) {
    if (const auto text = value.as_string()) return parse_age(*text) ? "" : "invalid_retention_age";
    return check_time_limit(value);
}

template <ArgumentFault (*check)(const FieldValue&)>
ArgumentFault alone(const FieldValue& value, const FieldTable& /*all*/) {
    return check(value);
}

// Every argument that is compared when a queue is declared again. In the order in which they are
// checked.
struct KnownArgument {
    std::string_view name;
    ArgumentFault (*check)(const FieldValue& value, const FieldTable& all);
};
constexpr std::array kKnownArguments{
    KnownArgument{"x-queue-type", check_type},
    KnownArgument{"x-expires", check_expires},
    KnownArgument{"x-message-ttl", alone<check_time_limit>},
    KnownArgument{"x-dead-letter-exchange", alone<check_text>},
    KnownArgument{"x-dead-letter-routing-key", check_dead_letter_key},
    KnownArgument{"x-dead-letter-strategy", alone<check_text>},
    KnownArgument{"x-max-priority", check_priority},
    KnownArgument{"x-max-length", alone<check_non_negative>},
    KnownArgument{"x-max-length-bytes", alone<check_non_negative>},
    KnownArgument{"x-overflow", check_overflow},
    KnownArgument{"x-single-active-consumer", alone<check_boolean>},
    KnownArgument{"x-delivery-limit", alone<check_integer>},
    KnownArgument{"x-queue-mode", alone<check_text>},
    KnownArgument{"x-retention-bytes", alone<check_non_negative>},
    KnownArgument{"x-retention-age", check_retention_age},
};
// Known, but without an effect yet or on one node at all.
constexpr std::array<std::string_view, 8> kInert{"x-queue-version",
                                                 "x-queue-master-locator",
                                                 "x-queue-leader-locator",
                                                 "x-quorum-initial-group-size",
                                                 "x-max-in-memory-length",
                                                 "x-max-in-memory-bytes",
                                                 "x-consumer-timeout",
                                                 "x-member-placement-tag"};

Result<void> check_arguments(const FieldTable& arguments, const std::string& resource) {
    for (const KnownArgument& known : kKnownArguments) {
        const FieldValue* value = arguments.find(known.name);
        if (value == nullptr) continue;
        if (const ArgumentFault fault = known.check(*value, arguments); !fault.empty()) {
            return Error{
                ErrorCode::precondition,
                "invalid arg '" + std::string(known.name) + "' for " + resource + ": " + fault};
        }
    }
    return ok();
}

Result<void> check_quorum(const QueueSpec& spec,
                          const FieldTable& arguments,
                          const std::string& resource) {
    const auto invalid = [&](std::string_view property) {
        return Error{ErrorCode::precondition,
                     "invalid property '" + std::string(property) + "' for " + resource};
    };
    if (!spec.durable) return invalid("non-durable");
    if (spec.exclusive) return invalid("exclusive-owner");
    if (spec.auto_delete) return invalid("auto-delete");
    for (const std::string_view unsupported : {"x-max-priority", "x-queue-mode"}) {
        if (arguments.find(unsupported) == nullptr) continue;
        return Error{ErrorCode::precondition,
                     "invalid arg '" + std::string(unsupported) + "' for " + resource +
                         " of queue type rabbit_quorum_queue"};
    }
    return ok();
}

RetentionPolicy retention_of(const FieldTable& arguments, const RetentionPolicy& fallback) {
    RetentionPolicy policy = fallback;
    if (const auto bytes = arguments.integer("x-retention-bytes"))
        policy.bytes = static_cast<Bytes>(*bytes);
    if (const auto text = arguments.string("x-retention-age")) {
        policy.age = parse_age(*text).value_or(policy.age);
    } else if (const auto age = arguments.integer("x-retention-age")) {
        policy.age = std::chrono::milliseconds(*age);
    }
    return policy;
}

}  // namespace

Result<QueueSpec> parse_queue_spec(const QueueDeclaration& declaration,
                                   const std::string& vhost,
                                   const RetentionPolicy& retention_default) {
    const std::string resource = queue_text(declaration.name, vhost);
    VARVE_TRY(const FieldTable arguments, FieldTable::decode(declaration.arguments));
    VARVE_TRY(check_arguments(arguments, resource));

    QueueSpec spec{.durable = declaration.durable,
                   .exclusive = declaration.exclusive,
                   .auto_delete = declaration.auto_delete,
                   .arguments = declaration.arguments,
                   .settings = {.retention = retention_of(arguments, retention_default)}};
    if (const auto type = arguments.string("x-queue-type")) {
        if (*type == "stream")
            return Error{ErrorCode::not_implemented, "queue type 'stream' of " + resource};
        if (*type == "quorum") spec.type = QueueType::quorum;
    }
    if (spec.type == QueueType::quorum) VARVE_TRY(check_quorum(spec, arguments, resource));
    if (const auto ms = arguments.integer("x-expires"))
        spec.settings.expires = std::chrono::milliseconds(*ms);
    if (const auto ms = arguments.integer("x-message-ttl"))
        spec.settings.message_ttl = std::chrono::milliseconds(*ms);
    if (const auto max = arguments.integer("x-max-priority"))
        spec.max_priority = static_cast<uint8_t>(*max);
    if (const auto exchange = arguments.string("x-dead-letter-exchange")) {
        spec.settings.dead_letter = DeadLetterTarget{.exchange = std::string(*exchange)};
        if (const auto key = arguments.string("x-dead-letter-routing-key"))
            spec.settings.dead_letter->routing_key = *key;
    }
    return spec;
}

Result<void> check_equivalent(const QueueSpec& current,
                              const QueueSpec& asked,
                              const std::string& name,
                              const std::string& vhost) {
    const std::string resource = queue_text(name, vhost);
    VARVE_TRY(check_same_property(
        flag_text(current.durable), flag_text(asked.durable), "durable", resource));
    VARVE_TRY(check_same_property(
        flag_text(current.auto_delete), flag_text(asked.auto_delete), "auto_delete", resource));
    if (current.arguments == asked.arguments) return ok();
    VARVE_TRY(FieldTable ours, FieldTable::decode(current.arguments));
    VARVE_TRY(FieldTable theirs, FieldTable::decode(asked.arguments));
    for (FieldTable* arguments : {&ours, &theirs}) {
        if (arguments->find("x-queue-type") == nullptr)
            arguments->set("x-queue-type", FieldValue::string("classic"));
    }
    for (const KnownArgument& known : kKnownArguments) {
        VARVE_TRY(check_same_argument(ours, theirs, known.name, resource));
    }
    return ok();
}

std::vector<std::string> unknown_arguments(const QueueSpec& spec) {
    std::vector<std::string> unknown;
    const FieldTable arguments = must(FieldTable::decode(spec.arguments));
    for (const auto& entry : arguments.entries()) {
        const bool known = std::ranges::find(kKnownArguments, entry.name, &KnownArgument::name) !=
                           kKnownArguments.end();
        const bool inert = std::ranges::find(kInert, entry.name) != kInert.end();
        if (!known && !inert && entry.name.starts_with("x-")) unknown.push_back(entry.name);
    }
    return unknown;
}

}  // namespace varve
