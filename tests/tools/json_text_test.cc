#include "tools/text/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(JsonText, CompactingDropsWhiteSpaceAndNothingElse) {
    EXPECT_EQ(
        R"([[1,-2.50e+3],{"a b":"c\n\u00e9"},true,null])",
        compact_json(" [ [1,\t-2.50e+3 ],\n{ \"a b\" : \"c\\n\\u00e9\" }, true , null ]\r\n"));
    EXPECT_EQ("{}", compact_json("{ }"));
    EXPECT_EQ("0", compact_json("0"));
    // What would be rounded as a number stays as it was written.
    EXPECT_EQ("12345678901234567890.10", compact_json("12345678901234567890.10"));
}

TEST(JsonText, WhatIsNotOneJsonValueIsNone) {
    for (const char* text :
         {"",         " ",     "[",   "]",          "[1,]",        "[,]",    "{\"a\"}",
          "{\"a\":}", "{a:1}", "01",  "1.",         ".5",          "-",      "1e",
          "+1",       "nul",   "\"",  "\"\\x\"",    "\"\\u12g4\"", "\"\n\"", "\"\xff\"",
          "1 2",      "[1]]",  "NaN", "{\"a\":1,}", "'a'"}) {
        EXPECT_FALSE(compact_json(text)) << text;
    }
    EXPECT_FALSE(compact_json(std::string_view("1\0", 2)));
    EXPECT_FALSE(compact_json(std::string_view("\0", 1)));
}

TEST(JsonText, DeepNestingIsRefusedAndDoesNotOverflow) {
    EXPECT_TRUE(compact_json(std::string(100, '[') + std::string(100, ']')));
    EXPECT_FALSE(compact_json(std::string(1'000'000, '[')));
}

TEST(JsonText, AnArrayComesApartIntoItsElements) {
    EXPECT_THAT(*json_elements(R"([[1,"],["],{"a":[2,3]},"\",",4])"),
                ElementsAre(R"([1,"],["])", R"({"a":[2,3]})", R"("\",")", "4"));
    EXPECT_THAT(*json_elements("[]"), IsEmpty());
    EXPECT_FALSE(json_elements("{}"));
    EXPECT_FALSE(json_elements("\"[1]\""));
}

}  // namespace
}  // namespace varve
