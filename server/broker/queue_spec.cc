#include "server/broker/queue_spec.h"

#include "server/broker/argument_check.h"
#include "server/broker/queue_arguments.h"
#include "server/broker/resource.h"

#include <algorithm>
#include <limits>

namespace varve {

using amqp::FieldTable;
using amqp::FieldValue;

namespace {

Result<void> check_arguments(const FieldTable& arguments, const std::string& resource) {
    for (const QueueArgument& known : queue_arguments()) {
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

// What RabbitMQ calls the types in its texts.
std::string_view module_of(QueueType type) {
    return type == QueueType::quorum ? "rabbit_quorum_queue" : "rabbit_stream_queue";
}

// Quorum queues and streams are durable and shared, and have not every argument.
Result<void> check_type(const QueueSpec& spec,
                        const FieldTable& arguments,
                        const std::string& resource) {
    if (spec.type == QueueType::classic) return ok();
    const auto invalid = [&](std::string_view property) {
        return Error{ErrorCode::precondition,
                     "invalid property '" + std::string(property) + "' for " + resource};
    };
    if (spec.exclusive) return invalid("exclusive-owner");
    if (spec.auto_delete) return invalid("auto-delete");
    if (!spec.durable) return invalid("non-durable");
    for (const QueueArgument& known : queue_arguments()) {
        const bool is_had = known.is_of(spec.type) || known.types == QueueArgument::Types::streams;
        if (is_had || arguments.find(known.name) == nullptr) continue;
        return Error{ErrorCode::precondition,
                     "invalid arg '" + std::string(known.name) + "' for " + resource +
                         " of queue type " + std::string(module_of(spec.type))};
    }
    return ok();
}

void read_arguments(const FieldTable& arguments, QueueSpec& spec) {
    for (const QueueArgument& known : queue_arguments()) {
        const FieldValue* value = arguments.find(known.name);
        // The first of them is the type.
        if (value != nullptr && known.read != nullptr && known.is_of(spec.type))
            known.read(*value, spec);
    }
}

// The properties, and those arguments that count.
template <typename Counts>
Result<void> check_same(const QueueSpec& current,
                        const QueueSpec& asked,
                        const std::string& resource,
                        const Counts& counts) {
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
    for (const QueueArgument& known : queue_arguments()) {
        if (counts(known)) VARVE_TRY(check_same_argument(ours, theirs, known.name, resource));
    }
    return ok();
}

// What a quorum queue has unless it is told otherwise: a message that nobody can process does not
// go round for ever.
constexpr uint32_t kQuorumDeliveryLimit = 20;

// A stream keeps what it is not told to drop.
constexpr RetentionPolicy kEverything{std::numeric_limits<Bytes>::max(),
                                      std::chrono::milliseconds(kTimeLimitMax)};

void set_defaults(QueueSpec& spec, const RetentionPolicy& retention_default) {
    spec.settings = {};
    spec.settings.retention = spec.is_stream() ? kEverything : retention_default;
    if (spec.type == QueueType::quorum) spec.settings.delivery_limit = kQuorumDeliveryLimit;
}

}  // namespace

std::string_view to_string(QueueType type) {
    switch (type) {
        case QueueType::classic:
            return "classic";
        case QueueType::quorum:
            return "quorum";
        case QueueType::stream:
            return "stream";
    }
    return "";
}

std::optional<QueueType> queue_type_of(std::string_view name) {
    for (const QueueType type : {QueueType::classic, QueueType::quorum, QueueType::stream}) {
        if (name == to_string(type)) return type;
    }
    return std::nullopt;
}

QueueSettings read_settings(const FieldTable& arguments,
                            QueueSpec spec,
                            const RetentionPolicy& retention_default) {
    set_defaults(spec, retention_default);
    read_arguments(arguments, spec);
    return std::move(spec.settings);
}

Result<QueueSpec> parse_queue_spec(const QueueDeclaration& declaration,
                                   const std::string& vhost,
                                   const RetentionPolicy& retention_default) {
    const std::string resource = queue_text(declaration.name, vhost);
    VARVE_TRY(const FieldTable arguments, FieldTable::decode(declaration.arguments));
    VARVE_TRY(check_exchange_argument(arguments, "x-dead-letter-exchange", resource));
    VARVE_TRY(check_arguments(arguments, resource));

    // An exclusive queue goes with its connection, whatever it was declared as: to declare it again
    // with or without `durable` is the same.
    QueueSpec spec{.durable = declaration.durable && !declaration.exclusive,
                   .exclusive = declaration.exclusive,
                   .auto_delete = declaration.auto_delete,
                   .arguments = declaration.arguments};
    if (const auto type = arguments.string("x-queue-type")) spec.type = *queue_type_of(*type);
    VARVE_TRY(check_type(spec, arguments, resource));
    set_defaults(spec, retention_default);
    read_arguments(arguments, spec);
    return spec;
}

Result<void> check_equivalent(const QueueSpec& current,
                              const QueueSpec& asked,
                              const std::string& name,
                              const std::string& vhost) {
    const auto every = [](const QueueArgument& /*argument*/) { return true; };
    return check_same(current, asked, queue_text(name, vhost), every);
}

Result<void> check_convertible(const QueueSpec& current,
                               const QueueSpec& asked,
                               const std::string& name,
                               const std::string& vhost) {
    const auto fixed = [](const QueueArgument& argument) {
        return argument.change == QueueArgument::Change::never;
    };
    return check_same(current, asked, queue_text(name, vhost), fixed);
}

std::vector<std::string> unknown_arguments(const QueueSpec& spec) {
    std::vector<std::string> unknown;
    const FieldTable arguments = must(FieldTable::decode(spec.arguments));
    for (const auto& entry : arguments.entries()) {
        const bool known = std::ranges::find(queue_arguments(), entry.name, &QueueArgument::name) !=
                           queue_arguments().end();
        const bool inert = is_inert_queue_argument(entry.name);
        if (!known && !inert && entry.name.starts_with("x-")) unknown.push_back(entry.name);
    }
    return unknown;
}

}  // namespace varve
