#include "server/broker/exchange_spec.h"

#include "server/broker/argument_check.h"
#include "server/broker/resource.h"

namespace varve {

namespace {
constexpr std::string_view kAlternate = "alternate-exchange";
}  // namespace

Result<ExchangeSpec> parse_exchange_spec(const ExchangeDeclaration& declaration,
                                         const std::string& vhost) {
    const ExchangeType* type = find_exchange_type(declaration.type);
    if (type == nullptr)
        return Error{ErrorCode::precondition, "unknown exchange type '" + declaration.type + "'"};
    ExchangeSpec spec{.type = type,
                      .durable = declaration.durable,
                      .auto_delete = declaration.auto_delete,
                      .internal = declaration.internal,
                      .arguments = declaration.arguments};
    VARVE_TRY(const amqp::FieldTable arguments, amqp::FieldTable::decode(declaration.arguments));
    VARVE_TRY(
        check_exchange_argument(arguments, kAlternate, exchange_text(declaration.name, vhost)));
    VARVE_TRY(type->make(arguments));
    if (const amqp::FieldValue* alternate = arguments.find(kAlternate)) {
        spec.alternate = *alternate->as_string();
    }
    return spec;
}

Result<void> check_equivalent(const ExchangeSpec& current,
                              const ExchangeSpec& asked,
                              const std::string& name,
                              const std::string& vhost) {
    const std::string resource = exchange_text(name, vhost);
    VARVE_TRY(check_same_property(current.type->name, asked.type->name, "type", resource));
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
