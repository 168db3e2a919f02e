#include "tools/text/json_writer.h"

#include "tools/text/json_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace varve {
namespace {

TEST(JsonWriter, PutsCommasAndColons) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("a", int64_t{1}).key("b").begin_array().integer(2).null().end_array();
    json.key("c").begin_object().end_object().field("d", true).end_object();
    EXPECT_EQ(R"({"a":1,"b":[2,null],"c":{},"d":true})", out);
}

TEST(JsonWriter, EveryByteStringBecomesValidJson) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    std::string out;
    JsonWriter(out).string(all);
    EXPECT_TRUE(compact_json(out)) << out;
    EXPECT_EQ(std::string::npos, out.find('\n'));
}

TEST(JsonWriter, QuotesWhatJsonCannotHoldAsItIs) {
    std::string out;
    JsonWriter(out).string(std::string_view("\"\\\n\x1f\x7f\0ß\xff", 9));
    EXPECT_EQ("\"\\\"\\\\\\n\\u001f\\u007f\\u0000ß\xef\xbf\xbd\"", out);
}

TEST(JsonWriter, NumbersThatJsonLacksAreNull) {
    std::string out;
    JsonWriter json(out);
    json.begin_array().number(1.5).number(std::numeric_limits<double>::infinity());
    json.number(std::numeric_limits<double>::quiet_NaN()).unsigned_integer(UINT64_MAX).end_array();
    EXPECT_EQ("[1.5,null,null,18446744073709551615]", out);
}

}  // namespace
}  // namespace varve
