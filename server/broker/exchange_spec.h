// What an exchange is, parsed once from its declaration.
#pragma once

#include "engine/base/result.h"
#include "server/broker/declarations.h"
#include "server/broker/exchanges/exchange_type.h"

#include <optional>
#include <string>

namespace varve {

struct ExchangeSpec {
    const ExchangeType* type = &kDirectExchange;
    bool durable = false;
    bool auto_delete = false;
    bool internal = false;
    std::string arguments;                 // as declared: encoded field table
    std::optional<std::string> alternate;  // where a message goes that no binding matched

    // Has a queue for messages that are not due yet: see delay.h.
    bool delays() const { return type == &kDelayedExchange; }
};

// `precondition` for an unknown type or a bad argument.
Result<ExchangeSpec> parse_exchange_spec(const ExchangeDeclaration& declaration,
                                         const std::string& vhost);

// Whether the exchange `name` may be declared again as `asked`: `precondition` with the first
// difference.
Result<void> check_equivalent(const ExchangeSpec& current,
                              const ExchangeSpec& asked,
                              const std::string& name,
                              const std::string& vhost);

}  // namespace varve
