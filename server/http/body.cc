#include "server/http/body.h"

#include <charconv>

namespace varve {

namespace {

const boost::json::value* find(const boost::json::object& body, std::string_view name) {
    const boost::json::value* value =
        body.if_contains(boost::json::string_view(name.data(), name.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<bool> flag_of(const boost::json::object& body, std::string_view name, bool fallback) {
    const boost::json::value* value = find(body, name);
    if (value == nullptr) return fallback;
    if (value->is_bool()) return value->get_bool();
    if (value->is_string() && value->get_string() == "true") return true;
    if (value->is_string() && value->get_string() == "false") return false;
    return wrong_field(name, "true or false");
}

Result<std::optional<std::string>> text_of(const boost::json::object& body, std::string_view name) {
    const boost::json::value* value = find(body, name);
    if (value == nullptr) return std::optional<std::string>();
    if (!value->is_string()) return wrong_field(name, "a text");
    return std::optional(std::string(value->get_string().data(), value->get_string().size()));
}

Result<std::string> needed_text_of(const boost::json::object& body, std::string_view name) {
    VARVE_TRY(std::optional<std::string> text, text_of(body, name));
    if (!text) return Error{ErrorCode::invalid_argument, "key_missing: " + std::string(name)};
    return std::move(*text);
}

Result<std::optional<int64_t>> integer_of(const boost::json::object& body, std::string_view name) {
    const boost::json::value* value = find(body, name);
    if (value == nullptr) return std::optional<int64_t>();
    if (value->is_int64()) return std::optional(value->get_int64());
    if (value->is_string()) {
        const auto& text = value->get_string();
        int64_t number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (failed == std::errc() && end == text.data() + text.size()) return std::optional(number);
    }
    return wrong_field(name, "an integer");
}

Result<std::string> table_of(const boost::json::object& body, std::string_view name) {
    const boost::json::value* value = find(body, name);
    if (value == nullptr) return std::string();
    if (value->is_array() && value->get_array().empty()) return std::string();
    if (!value->is_object()) return wrong_field(name, "an object");
    VARVE_TRY(const amqp::FieldTable table, fields_of(value->get_object()));
    return table.encode();
}

}  // namespace varve
