#include "tools/text/bytes_text.h"

#include "tools/text/size_text.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(BytesText, OnlyWellFormedUtf8IsUtf8) {
    EXPECT_TRUE(is_utf8(""));
    EXPECT_TRUE(is_utf8("plain, ß, €, 😀"));
    EXPECT_FALSE(is_utf8("\xff"));
    EXPECT_FALSE(is_utf8("cut \xe2\x82"));
    EXPECT_FALSE(is_utf8("\xc0\xaf"));          // overlong
    EXPECT_FALSE(is_utf8("\xe0\x80\xaf"));      // overlong
    EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
    EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // beyond Unicode
}

TEST(BytesText, Base64IsPadded) {
    EXPECT_EQ("", base64(""));
    EXPECT_EQ("Zg==", base64("f"));
    EXPECT_EQ("Zm8=", base64("fo"));
    EXPECT_EQ("Zm9v", base64("foo"));
    EXPECT_EQ("AP8Q", base64(std::string_view("\0\xff\x10", 3)));
}

TEST(BytesText, ATerminalNeverSeesAControlCharacterOfAMessage) {
    EXPECT_EQ("a\\x1b[2Jb", one_line("a\x1b[2Jb"));
    EXPECT_EQ("\\xc2\\x9bm", one_line("\xc2\x9bm"));         // C1
    EXPECT_EQ("\\xe2\\x80\\xae", one_line("\xe2\x80\xae"));  // right-to-left override
    EXPECT_EQ("\\x00\\xff", one_line(std::string_view("\0\xff", 2)));
    EXPECT_EQ("a\\nb\\tc ß", one_line("a\nb\tc ß"));
    EXPECT_EQ("a\nb\tc\\r", many_lines("a\nb\tc\r"));
}

TEST(BytesText, CuttingCountsColumnsAndKeepsCharactersWhole) {
    EXPECT_EQ(3u, column_count("aß€"));
    EXPECT_EQ(4u, column_count("日本"));
    EXPECT_EQ("日本", cut_to_columns("日本", 4));
    EXPECT_EQ("日…", cut_to_columns("日本語", 4));
    EXPECT_EQ("abc…", cut_to_columns("abcdef", 4));
    EXPECT_EQ("abcd", cut_to_columns("abcd", 4));
    EXPECT_EQ("", cut_to_columns("abcd", 0));
}

TEST(SizeText, HasOneUnit) {
    EXPECT_EQ("0 B", size_text(0));
    EXPECT_EQ("1023 B", size_text(1023));
    EXPECT_EQ("1.0 KiB", size_text(1024));
    EXPECT_EQ("1.0 MiB", size_text((1 << 20) - 1));
    EXPECT_EQ("41.2 GiB", size_text(44'238'350'000));
    EXPECT_EQ("16.0 EiB", size_text(UINT64_MAX));
}

TEST(CountText, GroupsThousands) {
    EXPECT_EQ("0", count_text(0));
    EXPECT_EQ("999", count_text(999));
    EXPECT_EQ("48,201,774", count_text(48'201'774));
    EXPECT_EQ("-1,000", count_text(-1000));
}

}  // namespace
}  // namespace varve
