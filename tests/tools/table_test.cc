#include "tools/terminal/table.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Table, AlignsByColumnsAndNotByBytes) {
    const std::vector<Row> rows = {{{"celery"}, {"1,204"}, {"ß"}}, {{"größe"}, {"7"}, {""}}};
    EXPECT_EQ(
        "QUEUE   READY  NOTE\n"
        "celery  1,204  ß\n"
        "größe       7\n",
        table_text({{"QUEUE"}, {"READY", Align::right}, {"NOTE"}}, rows, Style::of(false)));
}

TEST(Table, TheLastColumnEndsAtTheEdge) {
    Table table({{"A"}, {"B"}}, Style::of(false), 10);
    EXPECT_EQ("A  B\n", table.heading());
    EXPECT_EQ("1  abcdef…\n", table.line({{"1"}, {"abcdefgh"}}));
}

TEST(Table, ColumnsGrowWithWhatComes) {
    Table table({{"A"}, {"B"}}, Style::of(false));
    EXPECT_EQ("1  x\n", table.line({{"1"}, {"x"}}));
    EXPECT_EQ("1000  x\n", table.line({{"1000"}, {"x"}}));
    EXPECT_EQ("1     x\n", table.line({{"1"}, {"x"}}));
}

}  // namespace
}  // namespace varve
