#include "server/message/field_table.h"

#include "server/message/argument_writer.h"

#include <gtest/gtest.h>

namespace varve::amqp {
namespace {

// A table of one field "k", the value with its code given as bytes.
std::string one_field(std::string_view code_and_value) {
    return "\1k" + std::string(code_and_value);
}

FieldValue value_of(std::string_view code_and_value) {
    const FieldTable table = must(FieldTable::decode(one_field(code_and_value)));
    return *table.find("k");
}

std::string nested(int depth, std::string_view innermost) {
    std::string table(innermost);
    for (int i = 1; i < depth; ++i) {
        std::string outer = "\1kF";
        ArgumentWriter(outer).long_string(table);
        table = outer;
    }
    return table;
}

TEST(FieldTable, EveryTypeKeepsValueAndType) {
    using namespace std::string_view_literals;
    for (const std::string_view field : {"t\1"sv,
                                         "t\0"sv,
                                         "b\xff"sv,
                                         "B\xff"sv,
                                         "s\xff\xfe"sv,
                                         "u\xff\xfe"sv,
                                         "I\xff\xff\xff\xff"sv,
                                         "i\xff\xff\xff\xff"sv,
                                         "L\xff\0\0\0\0\0\0\1"sv,
                                         "l\x7f\0\0\0\0\0\0\1"sv,
                                         "f\x3f\x80\0\0"sv,
                                         "d\x3f\xf0\0\0\0\0\0\0"sv,
                                         "D\2\0\0\1\0"sv,
                                         "S\0\0\0\3abc"sv,
                                         "T\0\0\0\0\x65\0\0\0"sv,
                                         "V"sv,
                                         "x\0\0\0\2\0\1"sv,
                                         "A\0\0\0\5VVB\7V"sv,
                                         "F\0\0\0\3\1aV"sv}) {
        const FieldTable table = must(FieldTable::decode(one_field(field)));
        EXPECT_EQ(table.encode(), one_field(field)) << field[0];
    }
}

TEST(FieldTable, IntegersReadWithTheirWidthAndSign) {
    using namespace std::string_view_literals;
    EXPECT_EQ(value_of("b\xff"sv).as_integer(), -1);
    EXPECT_EQ(value_of("B\xff"sv).as_integer(), 255);
    EXPECT_EQ(value_of("s\xff\xfe"sv).as_integer(), -2);
    EXPECT_EQ(value_of("u\xff\xfe"sv).as_integer(), 65534);
    EXPECT_EQ(value_of("I\xff\xff\xff\xff"sv).as_integer(), -1);
    EXPECT_EQ(value_of("i\xff\xff\xff\xff"sv).as_integer(), 4294967295);
    EXPECT_EQ(value_of("l\xff\xff\xff\xff\xff\xff\xff\xff"sv).as_integer(), -1);
    EXPECT_EQ(value_of("L\0\0\0\0\0\0\1\0"sv).as_integer(), 256);
    EXPECT_EQ(value_of("S\0\0\0\1a"sv).as_integer(), std::nullopt);
}

TEST(FieldTable, EqualIntegersOfDifferentWidthAreEqual) {
    const FieldTable a{{"x-max-length", {FieldInteger{5, 'B'}}},
                       {"x-overflow", FieldValue::string("reject")}};
    const FieldTable b{{"x-overflow", FieldValue::string("reject")},
                       {"x-max-length", {FieldInteger{5, 'l'}}}};
    const FieldTable c{{"x-overflow", FieldValue::string("reject")},
                       {"x-max-length", {FieldInteger{6, 'l'}}}};

    EXPECT_EQ(a, b);
    EXPECT_NE(a, c);
    EXPECT_NE(a, FieldTable{});
}

TEST(FieldTable, LookupsGiveNothingForAbsentNamesAndOtherTypes) {
    const FieldTable table{{"n", FieldValue::integer(3)},
                           {"s", FieldValue::string("text")},
                           {"t", FieldValue::boolean(true)},
                           {"n", FieldValue::integer(4)}};

    EXPECT_EQ(table.integer("n"), 3);
    EXPECT_EQ(table.string("s"), "text");
    EXPECT_EQ(table.boolean("t"), true);
    EXPECT_EQ(table.integer("s"), std::nullopt);
    EXPECT_EQ(table.string("absent"), std::nullopt);
    EXPECT_EQ(table.find("absent"), nullptr);
}

TEST(FieldTable, SetReplacesAndRemoveForgets) {
    FieldTable table{{"a", FieldValue::integer(1)}, {"b", FieldValue::integer(2)}};

    table.set("a", FieldValue::string("new"));
    table.set("c", FieldValue::boolean(false));
    table.remove("b");

    EXPECT_EQ(table,
              (FieldTable{{"a", FieldValue::string("new")}, {"c", FieldValue::boolean(false)}}));
}

TEST(FieldTable, ARawTableCanBeSearchedWithoutDecodingIt) {
    const std::string raw =
        FieldTable{{"x-match", FieldValue::string("any")}, {"n", FieldValue::integer(-9)}}.encode();

    const auto field = find_field(raw, "n");

    ASSERT_TRUE(field);
    EXPECT_EQ(field->code, 'l');
    EXPECT_EQ(must(FieldValue::decode(*field)).as_integer(), -9);
    EXPECT_EQ(find_field(raw, "x-match")->value, "any");
    EXPECT_FALSE(find_field(raw, "m"));
}

TEST(FieldTable, MalformedOnesAreRefused) {
    using namespace std::string_view_literals;
    for (const std::string_view bytes : {"\5k"sv,
                                         "\1k"sv,
                                         "\1kZ"sv,
                                         "\1kB"sv,
                                         "\1kS\0\0\0\5abc"sv,
                                         "\1kS\xff\xff\xff\xff"sv,
                                         "\1kF\0\0\0\2\1a"sv,
                                         "\1kA\0\0\0\1B"sv,
                                         "\1kD\0\0"sv}) {
        EXPECT_EQ(FieldTable::decode(bytes).error().code, ErrorCode::invalid_argument);
    }
}

TEST(FieldTable, NestingIsBounded) {
    EXPECT_TRUE(FieldTable::decode(nested(kFieldDepthMax, "\1kV")));
    EXPECT_FALSE(FieldTable::decode(nested(kFieldDepthMax + 1, "\1kV")));
    EXPECT_FALSE(FieldTable::decode(nested(10000, "")));
}

TEST(FieldTable, TheNumberOfValuesIsBounded) {
    std::string table = "\1kA";
    ArgumentWriter(table).long_string(std::string(kFieldCountMax, 'V'));
    EXPECT_FALSE(FieldTable::decode(table));
}

}  // namespace
}  // namespace varve::amqp
