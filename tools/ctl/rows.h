// Prints rows of named values as rabbitmqctl does: a table of tab-separated columns, JSON, or CSV.
#pragma once

#include "tools/ctl/line.h"

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace varve::ctl {

// What a column shows: a field of the API's objects, or of an object within: "queue.name".
struct ColumnOf {
    std::string_view name;
    std::string_view field;
};

// The columns that the user asks for, or the default ones. `invalid_argument` for unknown ones.
Result<std::vector<ColumnOf>> chosen_columns(const Line& line,
                                             std::span<const ColumnOf> known,
                                             std::span<const std::string_view> defaults);

// In the format that the line asks for, on standard output.
void print_rows(const Line& line,
                std::span<const ColumnOf> columns,
                const boost::json::array& items);

// A value as a cell of a table: text as it is, objects as Erlang writes property lists:
// [{"x-max-length",5}].
std::string cell_text(const boost::json::value& value);

}  // namespace varve::ctl
