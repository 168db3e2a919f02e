// Reads the fields of a request's JSON object: what is missing has a default, what is of another
// type is refused with its name.
#pragma once

#include "engine/base/result.h"
#include "server/http/json_fields.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <vector>

namespace varve {

inline Error wrong_field(std::string_view name, std::string_view wanted) {
    return {ErrorCode::invalid_argument,
            "'" + std::string(name) + "' must be " + std::string(wanted)};
}

// "true" and "false" count, too: rabbitmqadmin sends them.
Result<bool> flag_of(const boost::json::object& body, std::string_view name, bool fallback);
Result<std::optional<std::string>> text_of(const boost::json::object& body, std::string_view name);
Result<std::string> needed_text_of(const boost::json::object& body, std::string_view name);
// "administrator,monitoring", or an array of them; none if the field is missing.
Result<std::optional<std::vector<std::string>>> names_of(const boost::json::object& body,
                                                         std::string_view name);
// A number, or text that is one.
Result<std::optional<int64_t>> integer_of(const boost::json::object& body, std::string_view name);
// Encoded. An empty array stands for an empty object: some clients send that.
Result<std::string> table_of(const boost::json::object& body, std::string_view name);

}  // namespace varve
