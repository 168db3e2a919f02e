#include "server/broker/argument_check.h"

#include <charconv>

namespace varve {

using amqp::FieldValue;

namespace {

std::string_view integer_name(char code) {
    switch (code) {
        case 'b':
            return "byte";
        case 'B':
            return "unsignedbyte";
        case 's':
            return "short";
        case 'u':
            return "unsignedshort";
        case 'I':
            return "signedint";
        case 'i':
            return "unsignedint";
        default:
            return "long";
    }
}

std::string typed_text(const FieldValue* value) {
    if (value == nullptr) return "none";
    return "the value '" + value_text(*value) + "' of type '" + std::string(type_name(*value)) +
           "'";
}

std::optional<int64_t> seconds_in(char unit) {
    switch (unit) {
        case 's':
            return 1;
        case 'm':
            return 60;
        case 'h':
            return 3600;
        case 'D':
            return 24 * 3600;
        case 'M':
            return 30 * 24 * 3600;
        case 'Y':
            return 365 * 24 * 3600;
        default:
            return std::nullopt;
    }
}

}  // namespace

std::string_view type_name(const FieldValue& value) {
    struct Name {
        std::string_view operator()(std::monostate /*nothing*/) { return "void"; }
        std::string_view operator()(bool /*flag*/) { return "bool"; }
        std::string_view operator()(amqp::FieldInteger integer) {
            return integer_name(integer.code);
        }
        std::string_view operator()(amqp::FieldFloat number) {
            return number.code == 'f' ? "float" : "double";
        }
        std::string_view operator()(const amqp::FieldDecimal& /*decimal*/) { return "decimal"; }
        std::string_view operator()(const amqp::FieldTimestamp& /*time*/) { return "timestamp"; }
        std::string_view operator()(const std::string& /*text*/) { return "longstr"; }
        std::string_view operator()(const amqp::FieldBytes& /*bytes*/) { return "binary"; }
        std::string_view operator()(const amqp::FieldArray& /*array*/) { return "array"; }
        std::string_view operator()(const amqp::FieldTable& /*table*/) { return "table"; }
    };
    return std::visit(Name{}, value.value);
}

std::string value_text(const FieldValue& value) {
    if (const auto text = value.as_string()) return std::string(*text);
    if (const auto number = value.as_integer()) return std::to_string(*number);
    if (const auto flag = value.as_boolean()) return std::string(flag_text(*flag));
    if (const auto* number = std::get_if<amqp::FieldFloat>(&value.value))
        return std::to_string(number->value);
    if (const auto* time = std::get_if<amqp::FieldTimestamp>(&value.value))
        return std::to_string(time->seconds);
    return std::string(type_name(value));
}

ArgumentFault unacceptable_type(const FieldValue& value) {
    return "{unacceptable_type," + std::string(type_name(value)) + "}";
}

ArgumentFault check_integer(const FieldValue& value) {
    if (value.as_integer()) return "";
    return "\"expected integer, got " + std::string(type_name(value)) + "\"";
}

ArgumentFault check_non_negative(const FieldValue& value) {
    if (auto fault = check_integer(value); !fault.empty()) return fault;
    if (const auto number = value.as_integer(); *number < 0)
        return "{value_negative," + std::to_string(*number) + "}";
    return "";
}

ArgumentFault check_time_limit(const FieldValue& value) {
    if (auto fault = check_non_negative(value); !fault.empty()) return fault;
    if (*value.as_integer() > kTimeLimitMax)
        return "{value_too_large," + std::to_string(*value.as_integer()) + "}";
    return "";
}

ArgumentFault check_text(const FieldValue& value) {
    return std::holds_alternative<std::string>(value.value) ? "" : unacceptable_type(value);
}

ArgumentFault check_boolean(const FieldValue& value) {
    return value.as_boolean() ? "" : unacceptable_type(value);
}

Result<void> check_exchange_argument(const amqp::FieldTable& arguments,
                                     std::string_view key,
                                     const std::string& resource) {
    const FieldValue* value = arguments.find(key);
    if (value == nullptr || check_text(*value).empty()) return ok();
    return Error{ErrorCode::precondition,
                 "invalid type '" + std::string(type_name(*value)) + "' for arg '" +
                     std::string(key) + "' in " + resource};
}

std::optional<std::chrono::milliseconds> parse_age(std::string_view text) {
    if (text.empty()) return std::nullopt;
    int64_t total_ms = 0;
    while (!text.empty()) {
        int64_t count = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
        const auto digits = static_cast<size_t>(end - text.data());
        if (failure != std::errc() || count < 0 || digits == text.size()) return std::nullopt;
        const auto unit = seconds_in(text[digits]);
        if (!unit || count > kTimeLimitMax / 1000 / *unit) return std::nullopt;
        total_ms += count * *unit * 1000;
        if (total_ms > kTimeLimitMax) return std::nullopt;
        text.remove_prefix(digits + 1);
    }
    return std::chrono::milliseconds(total_ms);
}

Result<void> check_same_argument(const amqp::FieldTable& current,
                                 const amqp::FieldTable& asked,
                                 std::string_view key,
                                 const std::string& resource) {
    const FieldValue* ours = current.find(key);
    const FieldValue* theirs = asked.find(key);
    if (ours == nullptr && theirs == nullptr) return ok();
    if (ours != nullptr && theirs != nullptr) {
        // Equality of values has RabbitMQ's classes: integers of every width are equal to each
        // other, text is not.
        if (*ours == *theirs) return ok();
        return check_same_property(value_text(*ours), value_text(*theirs), key, resource);
    }
    return Error{ErrorCode::precondition,
                 "inequivalent arg '" + std::string(key) + "' for " + resource + ": received " +
                     typed_text(theirs) + " but current is " + typed_text(ours)};
}

Result<void> check_same_property(std::string_view current,
                                 std::string_view asked,
                                 std::string_view key,
                                 const std::string& resource) {
    if (current == asked) return ok();
    return Error{ErrorCode::precondition,
                 "inequivalent arg '" + std::string(key) + "' for " + resource + ": received '" +
                     std::string(asked) + "' but current is '" + std::string(current) + "'"};
}

}  // namespace varve
