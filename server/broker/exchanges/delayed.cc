// x-delayed-message: routes as the type that its argument names, when the message's delay is over.
// Until then the message is in a queue of the exchange (server/broker/delay.h).
#include "server/broker/exchanges/exchange_type.h"

namespace varve {

namespace {

Result<std::unique_ptr<ExchangeRoutes>> make(const amqp::FieldTable& arguments) {
    const ExchangeType* type =
        find_exchange_type(arguments.string("x-delayed-type").value_or(std::string_view()));
    if (type == nullptr || type == &kDelayedExchange) {
        return Error{ErrorCode::precondition,
                     "Invalid argument, 'x-delayed-type' must be an existing exchange type"};
    }
    return type->make(arguments);
}

}  // namespace

const ExchangeType kDelayedExchange{"x-delayed-message", make};

}  // namespace varve
