// AMQP field tables as JSON, and back: arguments of queues, definitions of policies.
#pragma once

#include "engine/base/result.h"
#include "server/message/field_table.h"

#include <boost/json/value.hpp>

#include <string>

namespace varve {

// Bytes that are no UTF-8 and timestamps become what RabbitMQ's API makes of them: text, numbers.
boost::json::value json_of(const amqp::FieldValue& value);
boost::json::object json_of(const amqp::FieldTable& table);
// Of an encoded table that was checked when it came in.
boost::json::object json_of_encoded(const std::string& table);

// Integers become type l, texts S. `invalid_argument` for what a table cannot hold.
Result<amqp::FieldTable> fields_of(const boost::json::object& object);

// What a client may have meant in any encoding, as valid UTF-8: what is none becomes U+FFFD.
std::string utf8_text(std::string_view bytes);

}  // namespace varve
