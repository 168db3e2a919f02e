#include "tools/terminal/table.h"

#include "tools/text/bytes_text.h"

#include <algorithm>
#include <utility>

namespace varve {
namespace {

constexpr std::string_view kGap = "  ";

}  // namespace

Table::Table(std::vector<Column> columns, Style style, size_t edge)
    : columns_(std::move(columns)), style_(style), edge_(edge) {
    for (Column& column : columns_)
        column.width = std::max(column.width, column_count(column.title));
}

void Table::fit(const Row& row) {
    for (size_t i = 0; i < columns_.size() && i < row.size(); ++i)
        columns_[i].width = std::max(columns_[i].width, column_count(row[i].text));
}

std::string Table::heading() const {
    Row titles;
    for (const Column& column : columns_) titles.push_back({column.title, Colour::dim});
    return laid_out(titles);
}

std::string Table::line(const Row& row) {
    fit(row);
    return laid_out(row);
}

std::string Table::laid_out(std::span<const Cell> row) const {
    std::string line;
    size_t used = 0;
    for (size_t i = 0; i < columns_.size() && i < row.size(); ++i) {
        const bool last = i + 1 == columns_.size();
        std::string text = row[i].text;
        if (last && edge_ != kNoEdge) text = cut_to_columns(text, edge_ > used ? edge_ - used : 0);
        const size_t width = column_count(text);
        const std::string padding(columns_[i].width > width ? columns_[i].width - width : 0, ' ');
        if (columns_[i].align == Align::right) line += padding;
        line += style_.paint(text, row[i].colour);
        if (last) break;
        if (columns_[i].align == Align::left) line += padding;
        line += kGap;
        used += std::max(columns_[i].width, width) + kGap.size();
    }
    // An empty last cell leaves blanks that nobody wants in a copied line.
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

std::string table_text(std::vector<Column> columns, std::span<const Row> rows, Style style) {
    Table table(std::move(columns), style);
    for (const Row& row : rows) table.fit(row);
    std::string text = table.heading();
    for (const Row& row : rows) text += table.line(row);
    return text;
}

}  // namespace varve
