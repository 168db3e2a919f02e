// Arguments of queues and exchanges: reading them as types, comparing them, and saying what is
// wrong with them in the words that RabbitMQ uses.
#pragma once

#include "engine/base/result.h"
#include "server/message/field_table.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// The name RabbitMQ has for the type of a value: `longstr`, `signedint`, ...
std::string_view type_name(const amqp::FieldValue& value);

// The value as errors show it: 1000, true, text without quotes.
std::string value_text(const amqp::FieldValue& value);

// What is wrong with an argument, as RabbitMQ's terms print: `{unacceptable_type,longstr}`, or
// `"expected integer, got longstr"` with the quotes. Empty: nothing.
using ArgumentFault = std::string;
ArgumentFault unacceptable_type(const amqp::FieldValue& value);
ArgumentFault check_integer(const amqp::FieldValue& value);
ArgumentFault check_non_negative(const amqp::FieldValue& value);
// A time limit in ms: integer, 0 up to ten years.
ArgumentFault check_time_limit(const amqp::FieldValue& value);
ArgumentFault check_text(const amqp::FieldValue& value);
ArgumentFault check_boolean(const amqp::FieldValue& value);
// `precondition` if argument `key`, where it is there, is no name of an exchange. RabbitMQ looks at
// these first, and has other words for them. `resource` is whose they are: "queue 'q' in vhost
// '/'".
Result<void> check_exchange_argument(const amqp::FieldTable& arguments,
                                     std::string_view key,
                                     const std::string& resource);

// Ten years in ms.
constexpr int64_t kTimeLimitMax = 315'360'000'000;

// "7D", "12h", "30m", "5s", also "1Y" and "2M" (months of 30 days); several in a row add up.
// Nullopt if it is not that.
std::optional<std::chrono::milliseconds> parse_age(std::string_view text);

// `precondition` unless the values of argument `key` agree: the same class of type (integers of
// every width are one class), the same value, or both absent. `resource` is who has it: "queue 'q'
// in vhost '/'".
Result<void> check_same_argument(const amqp::FieldTable& current,
                                 const amqp::FieldTable& asked,
                                 std::string_view key,
                                 const std::string& resource);
// The same for a property that is always there: "inequivalent arg 'durable' for ...".
Result<void> check_same_property(std::string_view current,
                                 std::string_view asked,
                                 std::string_view key,
                                 const std::string& resource);
inline std::string_view flag_text(bool flag) { return flag ? "true" : "false"; }

}  // namespace varve
