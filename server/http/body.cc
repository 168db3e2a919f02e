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

Result<std::optional<std::vector<std::string>>> names_of(const boost::json::object& body,
                                                         std::string_view name) {
    const boost::json::value* given = find(body, name);
    if (given == nullptr) return std::optional<std::vector<std::string>>();
    std::vector<std::string> names;
    if (const boost::json::array* list = given->if_array()) {
        for (const boost::json::value& item : *list) {
            if (!item.is_string()) return wrong_field(name, "a list of texts");
            names.emplace_back(item.get_string().data(), item.get_string().size());
        }
        return std::optional(std::move(names));
    }
    VARVE_TRY(const std::string text, needed_text_of(body, name));
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find_first_of(", ", at), text.size());
        if (end > at) names.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return std::optional(std::move(names));
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
