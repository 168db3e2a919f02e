#include "server/message/properties.h"

#include "server/message/field_table.h"

#include <gtest/gtest.h>

namespace varve::amqp {
namespace {

std::string every_property() {
    return PropertiesBuilder()
        .text(Property::content_type, "application/json")
        .text(Property::content_encoding, "utf-8")
        .headers(FieldTable{{"task", FieldValue::string("add")}}.encode())
        .delivery_mode(kPersistent)
        .priority(7)
        .text(Property::correlation_id, "c-1")
        .text(Property::reply_to, "replies")
        .text(Property::expiration, "60000")
        .text(Property::message_id, "m-1")
        .timestamp(1700000000)
        .text(Property::type, "t")
        .text(Property::user_id, "guest")
        .text(Property::app_id, "app")
        .text(Property::cluster_id, "cluster")
        .encode();
}

TEST(Properties, EveryOneReadsBackAsItWasSet) {
    const std::string raw = every_property();

    const Properties properties = must(Properties::parse(raw));

    EXPECT_EQ(properties.text(Property::content_type), "application/json");
    EXPECT_EQ(properties.text(Property::content_encoding), "utf-8");
    EXPECT_EQ(must(FieldTable::decode(properties.headers())).string("task"), "add");
    EXPECT_EQ(properties.delivery_mode(), 2);
    EXPECT_TRUE(properties.persistent());
    EXPECT_EQ(properties.priority(), 7);
    EXPECT_EQ(properties.text(Property::correlation_id), "c-1");
    EXPECT_EQ(properties.text(Property::reply_to), "replies");
    EXPECT_EQ(properties.text(Property::expiration), "60000");
    EXPECT_EQ(properties.text(Property::message_id), "m-1");
    EXPECT_EQ(properties.timestamp(), 1700000000u);
    EXPECT_EQ(properties.text(Property::type), "t");
    EXPECT_EQ(properties.text(Property::user_id), "guest");
    EXPECT_EQ(properties.text(Property::app_id), "app");
    EXPECT_EQ(properties.text(Property::cluster_id), "cluster");
    EXPECT_EQ(properties.raw(), raw);
}

TEST(Properties, AbsentOnesReadAsAbsent) {
    for (const Properties& properties : {Properties(), must(Properties::parse(kNoProperties))}) {
        EXPECT_EQ(properties.text(Property::expiration), std::nullopt);
        EXPECT_EQ(properties.headers(), "");
        EXPECT_EQ(properties.delivery_mode(), std::nullopt);
        EXPECT_EQ(properties.timestamp(), std::nullopt);
        EXPECT_FALSE(properties.persistent());
        EXPECT_EQ(properties.raw(), kNoProperties);
    }
}

// Flags and values as the specification prescribes, written out by hand.
TEST(Properties, BytesAreThoseOfTheSpecification) {
    const std::string raw =
        PropertiesBuilder().text(Property::content_type, "a/b").delivery_mode(2).encode();
    EXPECT_EQ(raw, std::string("\x90\0\3a/b\2", 7));
}

TEST(Properties, ARewriteChangesNothingElse) {
    const std::string raw = every_property();
    const Properties before = must(Properties::parse(raw));

    const std::string rewritten =
        PropertiesBuilder(before)
            .remove(Property::expiration)
            .headers(FieldTable{{"x-death", FieldValue::integer(1)}}.encode())
            .encode();

    const Properties after = must(Properties::parse(rewritten));
    EXPECT_FALSE(after.has(Property::expiration));
    EXPECT_EQ(must(FieldTable::decode(after.headers())).integer("x-death"), 1);
    EXPECT_EQ(PropertiesBuilder(after)
                  .text(Property::expiration, "60000")
                  .headers(before.headers())
                  .encode(),
              raw);
}

TEST(Properties, DamagedListsAreRefused) {
    const std::string raw = every_property();
    for (size_t size = 0; size < raw.size(); ++size) {
        EXPECT_FALSE(Properties::parse(ByteView(raw).substr(0, size))) << size;
    }
    EXPECT_FALSE(Properties::parse(raw + "x"));
    EXPECT_FALSE(Properties::parse(std::string("\0\1", 2)));
    EXPECT_FALSE(Properties::parse(std::string("\0\2", 2)));
    EXPECT_EQ(Properties::parse(std::string("\x20\0\0\0\0\3\1kZ", 9)).error().code,
              ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace varve::amqp
