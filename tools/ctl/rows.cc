#include "tools/ctl/rows.h"

#include "tools/text/bytes_text.h"
#include "tools/text/nearest.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace varve::ctl {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

std::string text_of(const boost::json::string& text) { return {text.data(), text.size()}; }

const value* find(const object& item, std::string_view path) {
    const object* in = &item;
    for (;;) {
        const size_t dot = path.find('.');
        const std::string_view name = path.substr(0, dot);
        const value* found = in->if_contains({name.data(), name.size()});
        if (found == nullptr || dot == std::string_view::npos) return found;
        if (!found->is_object()) return nullptr;
        in = &found->get_object();
        path.remove_prefix(dot + 1);
    }
}

// Within a list: texts have quotes.
std::string term_text(const value& v) {
    if (v.is_string()) return '"' + text_of(v.get_string()) + '"';
    if (const object* table = v.if_object()) {
        std::string out;
        for (const auto& [name, inner] : *table) {
            out += out.empty() ? "" : ",";
            out += fmt::format(
                "{{\"{}\",{}}}", std::string_view(name.data(), name.size()), term_text(inner));
        }
        return "[" + out + "]";
    }
    if (const array* list = v.if_array()) {
        std::string out;
        for (const value& inner : *list) out += (out.empty() ? "" : ",") + term_text(inner);
        return "[" + out + "]";
    }
    return boost::json::serialize(v);
}

std::string csv_text(const value& v) {
    if (!v.is_string() && !v.is_structured()) return v.is_null() ? "" : boost::json::serialize(v);
    std::string out = "\"";
    for (const char c : cell_text(v)) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

}  // namespace

std::string cell_text(const value& v) {
    if (v.is_null()) return "";
    if (v.is_string()) return one_line(text_of(v.get_string()));
    return one_line(term_text(v));
}

Result<std::vector<ColumnOf>> chosen_columns(const Line& line,
                                             std::span<const ColumnOf> known,
                                             std::span<const std::string_view> defaults) {
    std::vector<std::string> names;
    // "name,messages" and "name messages" are both in use.
    for (const std::string& word : line.words) {
        for (size_t at = 0; at < word.size();) {
            const size_t end = std::min(word.find(',', at), word.size());
            if (end > at) names.push_back(word.substr(at, end - at));
            at = end + 1;
        }
    }
    if (names.empty()) names.assign(defaults.begin(), defaults.end());
    std::vector<ColumnOf> columns;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(known, name, &ColumnOf::name);
        if (found != known.end()) {
            columns.push_back(*found);
            continue;
        }
        std::vector<std::string> candidates;
        for (const ColumnOf& column : known) candidates.emplace_back(column.name);
        const auto meant = nearest(name, candidates);
        return Error{ErrorCode::invalid_argument,
                     "there is no column '" + name + "'" +
                         (meant ? "; did you mean '" + *meant + "'?" : "")};
    }
    return columns;
}

void print_rows(const Line& line, std::span<const ColumnOf> columns, const array& items) {
    if (line.formatter() == "json") {
        array rows;
        for (const value& item : items) {
            object row;
            for (const ColumnOf& column : columns) {
                const value* found = find(item.get_object(), column.field);
                row.emplace(column.name, found == nullptr ? value("") : *found);
            }
            rows.push_back(std::move(row));
        }
        fmt::print("{}\n", boost::json::serialize(rows));
        return;
    }
    const bool csv = line.formatter() == "csv";
    const std::string_view separator = csv ? "," : "\t";
    const auto print_line = [&](const auto& text_of_column) {
        std::string out;
        for (size_t i = 0; i < columns.size(); ++i)
            out += (i == 0 ? "" : std::string(separator)) + text_of_column(columns[i]);
        fmt::print("{}\n", out);
    };
    const bool headings = !line.has("silent") && !line.has("no-table-headers");
    if (headings && (csv || !items.empty()))
        print_line([](const ColumnOf& column) { return std::string(column.name); });
    for (const value& item : items) {
        print_line([&](const ColumnOf& column) -> std::string {
            const value* found = find(item.get_object(), column.field);
            if (found == nullptr) return "";
            return csv ? csv_text(*found) : cell_text(*found);
        });
    }
}

}  // namespace varve::ctl
