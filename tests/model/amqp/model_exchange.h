// An exchange of the model, with its bindings.
#pragma once

#include "server/message/field_table.h"
#include "tests/model/amqp/model_message.h"

#include <optional>
#include <string>
#include <vector>

namespace varve::model {

struct ExchangeKind {
    std::string type = "direct";
    bool durable = true;
    bool auto_delete = false;
    bool internal = false;
    std::optional<std::string> alternate;
    bool operator==(const ExchangeKind&) const = default;
    amqp::FieldTable arguments() const;
};
const std::vector<ExchangeKind>& exchange_kinds();

struct ModelBinding {
    bool to_queue = true;
    std::string destination;
    std::string key;
    int header = 0;  // of headers: what it asks for; 0: nothing
    bool stored = false;
    bool is_same(const ModelBinding& other) const {
        return to_queue == other.to_queue && destination == other.destination && key == other.key &&
               header == other.header;
    }
    amqp::FieldTable arguments() const;
};

struct ModelExchange {
    ExchangeKind kind;
    std::vector<ModelBinding> bindings;
    bool fits(const ModelBinding& binding, const ModelMessage& message) const;
};

}  // namespace varve::model
