#include "server/broker/exchange_spec.h"

#include "server/broker/argument_check.h"
#include "server/broker/resource.h"

#include <array>

namespace varve {

namespace {
constexpr std::array kTypes{
    ExchangeType::direct, ExchangeType::fanout, ExchangeType::topic, ExchangeType::headers};
constexpr std::string_view kAlternate = "alternate-exchange";
}  // namespace

std::string_view to_string(ExchangeType type) {
    switch (type) {
        case ExchangeType::direct:
            return "direct";
        case ExchangeType::fanout:
            return "fanout";
        case ExchangeType::topic:
            return "topic";
        case ExchangeType::headers:
            return "headers";
    }
    return "";
}

Result<ExchangeSpec> parse_exchange_spec(const ExchangeDeclaration& declaration,
                                         const std::string& vhost) {
    ExchangeSpec spec{.durable = declaration.durable,
                      .auto_delete = declaration.auto_delete,
                      .internal = declaration.internal,
                      .arguments = declaration.arguments};
    bool known = false;
    for (const ExchangeType type : kTypes) {
        if (declaration.type != to_string(type)) continue;
        spec.type = type;
        known = true;
    }
    if (!known)
        return Error{ErrorCode::precondition, "unknown exchange type '" + declaration.type + "'"};

    VARVE_TRY(const amqp::FieldTable arguments, amqp::FieldTable::decode(declaration.arguments));
    if (const amqp::FieldValue* alternate = arguments.find(kAlternate)) {
        if (const ArgumentFault fault = check_text(*alternate); !fault.empty()) {
            return Error{ErrorCode::precondition,
                         "invalid arg '" + std::string(kAlternate) + "' for " +
                             exchange_text(declaration.name, vhost) + ": " + fault};
        }
        spec.alternate = *alternate->as_string();
    }
    return spec;
}

Result<void> check_equivalent(const ExchangeSpec& current,
                              const ExchangeSpec& asked,
                              const std::string& name,
                              const std::string& vhost) {
    const std::string resource = exchange_text(name, vhost);
    VARVE_TRY(
        check_same_property(to_string(current.type), to_string(asked.type), "type", resource));
    VARVE_TRY(check_same_property(
        flag_text(current.durable), flag_text(asked.durable), "durable", resource));
    VARVE_TRY(check_same_property(
        flag_text(current.auto_delete), flag_text(asked.auto_delete), "auto_delete", resource));
    VARVE_TRY(check_same_property(
        flag_text(current.internal), flag_text(asked.internal), "internal", resource));
    if (current.arguments == asked.arguments) return ok();
    VARVE_TRY(const amqp::FieldTable ours, amqp::FieldTable::decode(current.arguments));
    VARVE_TRY(const amqp::FieldTable theirs, amqp::FieldTable::decode(asked.arguments));
    return check_same_argument(ours, theirs, kAlternate, resource);
}

}  // namespace varve
