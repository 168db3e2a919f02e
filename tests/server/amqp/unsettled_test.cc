#include "server/amqp/unsettled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace varve::amqp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RecordKey key_of(int64_t offset) { return {0, Lane::durable, {offset}}; }

std::vector<uint64_t> tags_of(const std::vector<UnsettledRecord>& records) {
    std::vector<uint64_t> tags;
    for (const UnsettledRecord& record : records) tags.push_back(record.tag);
    return tags;
}

struct Taken {
    bool known = false;
    std::vector<uint64_t> tags;
};
Taken take(Unsettled& unsettled, uint64_t tag) {
    std::vector<UnsettledRecord> taken;
    const bool known = unsettled.take(tag, taken);
    return {known, tags_of(taken)};
}
Taken take_through(Unsettled& unsettled, uint64_t tag) {
    std::vector<UnsettledRecord> taken;
    const bool known = unsettled.take_through(tag, taken);
    return {known, tags_of(taken)};
}

Unsettled with_out(int count) {
    Unsettled unsettled;
    for (int i = 0; i < count; ++i) unsettled.add(0, key_of(i));
    return unsettled;
}

TEST(Unsettled, TagsRiseFromOneAndNameTheirRecords) {
    Unsettled unsettled;
    EXPECT_EQ(unsettled.add(3, {2, Lane::transient, {70}}), 1u);
    EXPECT_EQ(unsettled.add(0, key_of(0)), 2u);

    std::vector<UnsettledRecord> taken;
    ASSERT_TRUE(unsettled.take(1, taken));

    EXPECT_EQ(taken[0].source, 3u);
    EXPECT_EQ(taken[0].offset, Offset{70});
    EXPECT_EQ(taken[0].level, 2);
    EXPECT_EQ(taken[0].lane, Lane::transient);
}

TEST(Unsettled, RecalledRecordKeepsItsTagAndSaysSo) {
    Unsettled unsettled = with_out(3);
    EXPECT_TRUE(unsettled.recall(0, key_of(1)));
    EXPECT_FALSE(unsettled.recall(0, key_of(1)));
    EXPECT_FALSE(unsettled.recall(7, key_of(2)));

    std::vector<UnsettledRecord> taken;
    ASSERT_TRUE(unsettled.take_through(0, taken));

    EXPECT_EQ(tags_of(taken), (std::vector<uint64_t>{1, 2, 3}));
    EXPECT_FALSE(taken[0].is_recalled);
    EXPECT_TRUE(taken[1].is_recalled);
}

TEST(Unsettled, ATagIsKnownOnceOnly) {
    Unsettled unsettled = with_out(2);

    EXPECT_TRUE(take(unsettled, 2).known);
    EXPECT_FALSE(take(unsettled, 2).known);
    EXPECT_FALSE(take_through(unsettled, 2).known);
    EXPECT_FALSE(take(unsettled, 3).known);
    EXPECT_FALSE(take(unsettled, 0).known);
}

TEST(Unsettled, NoAckDeliveriesUseUpTagsButAreNotOut) {
    Unsettled unsettled;
    unsettled.add(0, key_of(1));
    EXPECT_EQ(unsettled.skip(), 2u);
    EXPECT_EQ(unsettled.add(0, key_of(2)), 3u);

    EXPECT_FALSE(take(unsettled, 2).known);
    EXPECT_THAT(take(unsettled, 3).tags, ElementsAre(3));
}

TEST(Unsettled, MultipleTakesEverythingUpToTheTag) {
    Unsettled unsettled = with_out(5);
    take(unsettled, 2);

    EXPECT_THAT(take_through(unsettled, 4).tags, ElementsAre(1, 3, 4));
    EXPECT_EQ(unsettled.count(), 1u);
}

TEST(Unsettled, MultipleWithZeroTakesEverythingAndMayFindNothing) {
    Unsettled unsettled = with_out(3);

    EXPECT_THAT(take_through(unsettled, 0).tags, ElementsAre(1, 2, 3));
    const Taken nothing = take_through(unsettled, 0);
    EXPECT_TRUE(nothing.known);
    EXPECT_THAT(nothing.tags, IsEmpty());
}

TEST(Unsettled, WhatIsPutBackIsOutAgainInItsOldPlace) {
    Unsettled unsettled = with_out(4);
    std::vector<UnsettledRecord> taken;
    ASSERT_TRUE(unsettled.take(3, taken));
    ASSERT_TRUE(unsettled.take(1, taken));

    unsettled.put_back(taken);

    EXPECT_THAT(take_through(unsettled, 0).tags, ElementsAre(1, 2, 3, 4));
}

TEST(Unsettled, RandomUseAgreesWithAMap) {
    const auto seed = std::random_device()();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Unsettled unsettled;
    std::map<uint64_t, int64_t> model;
    uint64_t newest = 0;

    for (int step = 0; step < 20000; ++step) {
        const uint64_t tag = newest == 0 ? 1 : 1 + random() % (newest + 1);
        std::vector<UnsettledRecord> taken;
        switch (random() % 8) {
            case 0:
                newest = unsettled.skip();
                break;
            case 1: {
                const bool known = unsettled.take_through(tag, taken);
                ASSERT_EQ(known, model.contains(tag));
                for (const auto& record : taken) ASSERT_EQ(model.erase(record.tag), 1u);
                if (known) {
                    ASSERT_TRUE(model.empty() || model.begin()->first > tag);
                }
                break;
            }
            case 2:
            case 3: {
                ASSERT_EQ(unsettled.take(tag, taken), model.contains(tag));
                for (const auto& record : taken) {
                    ASSERT_EQ(model.at(record.tag), record.offset.value);
                    model.erase(record.tag);
                }
                break;
            }
            default: {
                newest = unsettled.add(0, key_of(step));
                model[newest] = step;
            }
        }
        ASSERT_EQ(unsettled.count(), model.size());
    }
}

}  // namespace
}  // namespace varve::amqp
