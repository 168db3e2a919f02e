#include "engine/record_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve {
namespace {

RecordView record_of(ByteView body, TimePoint appended = {1000}) {
    return {.appended = appended,
            .expires = std::nullopt,
            .exchange = "exchange",
            .routing_key = "key",
            .properties = "properties",
            .body = body};
}

BatchRef batch_of(const std::vector<std::string>& bodies, Offset base, Bytes bodies_before = 0) {
    RecordBatchBuilder builder;
    for (const auto& body : bodies) builder.add(record_of(body));
    return builder.seal_at(base, bodies_before);
}

std::vector<std::string> bodies_of(const BatchRef& batch) {
    std::vector<std::string> bodies;
    for (RecordCursor cursor(batch, batch->base()); !cursor.at_end(); cursor.next()) {
        bodies.emplace_back(cursor.record().body);
    }
    return bodies;
}

TEST(RecordBatch, GivesBackEveryFieldAfterAWayThroughTheDisk) {
    RecordBatchBuilder builder;
    builder.add({.appended = {7},
                 .expires = TimePoint{99},
                 .exchange = "",
                 .routing_key = std::string(255, 'k'),
                 .properties = std::string("\0\1", 2),
                 .body = std::string(100'000, 'b')});
    builder.add(record_of("", {5}));
    const auto batch = must(RecordBatch::decode(std::string(builder.seal_at({41}, 0)->encoded())));

    EXPECT_EQ(batch->range(), (OffsetRange{{41}, {43}}));
    EXPECT_EQ(batch->first_time(), TimePoint{7});
    EXPECT_EQ(batch->max_time(), TimePoint{7});
    const RecordView first = batch->at({41});
    EXPECT_EQ(first.appended, TimePoint{7});
    EXPECT_EQ(first.expires, TimePoint{99});
    EXPECT_EQ(first.exchange, "");
    EXPECT_EQ(first.routing_key, std::string(255, 'k'));
    EXPECT_EQ(first.properties, ByteView("\0\1", 2));
    EXPECT_EQ(first.body, std::string(100'000, 'b'));
    const RecordView second = batch->at({42});
    EXPECT_EQ(second.appended, TimePoint{5});
    EXPECT_EQ(second.expires, std::nullopt);
    EXPECT_EQ(second.exchange, "exchange");
    EXPECT_EQ(second.routing_key, "key");
    EXPECT_EQ(second.properties, "properties");
    EXPECT_EQ(second.body, "");
}

TEST(RecordBatch, FindsEveryBitThatFlipped) {
    const auto batch = batch_of({"one", "two"}, {3});
    for (size_t byte = 0; byte < batch->size(); ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string damaged(batch->encoded());
            damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
            const auto decoded = RecordBatch::decode(std::move(damaged));
            ASSERT_FALSE(decoded) << "byte " << byte << ", bit " << bit;
            EXPECT_EQ(decoded.error().code, ErrorCode::corrupt) << decoded.error().detail;
        }
    }
}

TEST(RecordBatch, RefusesABatchOfAnyOtherLength) {
    const auto batch = batch_of({"one", "two"}, {3});
    for (size_t size = 0; size < batch->size(); ++size) {
        EXPECT_FALSE(RecordBatch::decode(std::string(batch->encoded().substr(0, size))));
    }
    EXPECT_FALSE(RecordBatch::decode(std::string(batch->encoded()) + "x"));
}

TEST(RecordBatch, IsRefusedUntilItsOffsetsAreKnown) {
    RecordBatchBuilder builder;
    builder.add(record_of("one"));
    EXPECT_FALSE(RecordBatch::decode(std::string(builder.seal()->encoded())));
}

TEST(RecordCursor, StartsAnywhereInABatchAndEndsAtItsEnd) {
    const auto batch = batch_of({"one", "two", "three"}, {10});
    RecordCursor cursor(batch, {11});
    EXPECT_EQ(cursor.offset(), Offset{11});
    EXPECT_EQ(cursor.record().body, "two");
    cursor.next();
    EXPECT_EQ(cursor.record().body, "three");
    cursor.next();
    EXPECT_TRUE(cursor.at_end());
    EXPECT_TRUE(RecordCursor(batch, {13}).at_end());
}

TEST(RecordBatchBuilder, CountsTheBytesThatRecordsTake) {
    RecordBatchBuilder builder;
    const auto record = record_of("body");
    const Bytes before = builder.size();
    builder.add(record);
    EXPECT_EQ(builder.size(), before + encoded_size(record));
    EXPECT_EQ(builder.seal()->size(), kBatchHeaderSize + encoded_size(record));
}

TEST(RecordBatchBuilder, StartsAnewAfterASeal) {
    RecordBatchBuilder builder;
    builder.add(record_of("one", {9}));
    const auto first = builder.seal_at({0}, 0);
    EXPECT_TRUE(builder.empty());
    builder.add(record_of("two", {4}));
    const auto second = builder.seal_at({1}, 3);
    EXPECT_EQ(bodies_of(first), std::vector<std::string>{"one"});
    EXPECT_EQ(bodies_of(second), std::vector<std::string>{"two"});
    EXPECT_EQ(second->max_time(), TimePoint{4});
}

TEST(RecordBatchBuilder, MergesBatchesThatFollowOneAnother) {
    RecordBatchBuilder builder;
    builder.add_records(*batch_of({"one", "two"}, {5}, 100));
    builder.add_records(*batch_of({"three"}, {7}, 106));
    const auto merged =
        must(RecordBatch::decode(std::string(builder.seal_at({5}, 100)->encoded())));
    EXPECT_EQ(merged->bodies_before(), 100u);
    EXPECT_EQ(merged->bodies_end(), 111u);
    EXPECT_EQ(merged->range(), (OffsetRange{{5}, {8}}));
    EXPECT_EQ(bodies_of(merged), (std::vector<std::string>{"one", "two", "three"}));
}

}  // namespace
}  // namespace varve
