#include "server/http/json_fields.h"

#include "server/http/body.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace varve {
namespace {

boost::json::object object_of(const std::string& text) {
    return boost::json::parse(text).as_object();
}

TEST(JsonFields, ATableComesBackAsItWent) {
    const std::string text =
        R"({"n":-5,"t":"text","f":true,"d":1.5E0,"l":[1,"two",null],"o":{"x":{}}})";

    const auto fields = fields_of(object_of(text));

    ASSERT_TRUE(fields);
    EXPECT_EQ(text, boost::json::serialize(json_of(*fields)));
    EXPECT_EQ(text, boost::json::serialize(json_of_encoded(fields->encode())));
}

TEST(JsonFields, WhatATableCannotHoldIsRefused) {
    EXPECT_FALSE(fields_of(object_of(R"({"n":18446744073709551615})")));
    EXPECT_FALSE(fields_of(object_of("{\"" + std::string(256, 'x') + "\":1}")));
}

TEST(JsonFields, BytesThatAreNoUtf8AreReplaced) {
    EXPECT_EQ("a\xEF\xBF\xBD\xC3\xA9", utf8_text("a\xFF\xC3\xA9"));
    EXPECT_EQ("\xEF\xBF\xBD", utf8_text("\xC3"));
    EXPECT_EQ("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", utf8_text("\xED\xA0\x80"));
}

TEST(Body, FieldsAreReadAsClientsSendThem) {
    const auto body =
        object_of(R"({"yes":"true","no":false,"n":"7","empty":[],"bad":{},"none":null})");

    EXPECT_TRUE(*flag_of(body, "yes", false));
    EXPECT_FALSE(*flag_of(body, "no", true));
    EXPECT_TRUE(*flag_of(body, "missing", true));
    EXPECT_EQ(7, *integer_of(body, "n"));
    EXPECT_EQ("", *table_of(body, "empty"));
    EXPECT_EQ(std::nullopt, *text_of(body, "none"));
    EXPECT_EQ("'bad' must be a text", text_of(body, "bad").error().detail);
    EXPECT_EQ("key_missing: missing", needed_text_of(body, "missing").error().detail);
}

}  // namespace
}  // namespace varve
