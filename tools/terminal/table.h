// Lines of aligned columns.
#pragma once

#include "tools/terminal/style.h"

#include <span>
#include <string>
#include <vector>

namespace varve {

enum class Align : uint8_t { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    size_t width = 0;  // columns at least; the title always fits
};

struct Cell {
    std::string text;  // one line of UTF-8 without control characters
    Colour colour = Colour::plain;
};
using Row = std::vector<Cell>;

// Columns are as wide as the widest cell seen so far, so rows can be printed as they come; fit()
// looks ahead where they are known. The last column is cut off at the edge of the terminal.
//
// Threading: Caller-serialised.
class Table {
public:
    static constexpr size_t kNoEdge = 0;

    Table(std::vector<Column> columns, Style style, size_t edge = kNoEdge);

    void fit(const Row& row);
    // With the line end.
    std::string heading() const;
    std::string line(const Row& row);

private:
    std::string laid_out(std::span<const Cell> row) const;

    std::vector<Column> columns_;
    Style style_;
    size_t edge_;
};

// Heading and rows, all of them fitted.
std::string table_text(std::vector<Column> columns, std::span<const Row> rows, Style style);

}  // namespace varve
