#include "server/broker/ready_bytes.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

RecordKey key(int64_t offset) { return {0, Lane::durable, {offset}}; }

// What was ready when counting began: 100 bytes. Out: 3 of 7 bytes, and 4 of 9.
BacklogWeight backlog() { return {.ready = 100, .out = {{key(3), 7}, {key(4), 9}}}; }

bool is_out(const RecordKey& /*key*/) { return true; }

TEST(ReadyBytes, WhatHappensWhileTheBacklogIsWeighedIsADifference) {
    ReadyBytes bytes;
    const uint64_t number = bytes.begin(5);
    EXPECT_FALSE(bytes.is_known());
    bytes.add(20);
    bytes.remove(30);
    bytes.take_out(key(10), 8);
    EXPECT_TRUE(bytes.awaits(number));
    bytes.found(backlog(), is_out);

    EXPECT_TRUE(bytes.is_known());
    EXPECT_EQ(bytes.total(), 5 + 100 + 20 - 30 - 8);
    bytes.put_back(0, Lane::durable, {{10}, {11}});
    EXPECT_EQ(bytes.total(), 5 + 100 + 20 - 30);
}

TEST(ReadyBytes, WhatWasOutCountsWhenItComesBackBeforeOrAfterItIsWeighed) {
    ReadyBytes bytes;
    bytes.begin(0);
    bytes.put_back(0, Lane::durable, {{3}, {4}});
    bytes.found(backlog(), is_out);
    EXPECT_EQ(bytes.total(), 107);
    bytes.put_back(0, Lane::durable, {{4}, {5}});
    EXPECT_EQ(bytes.total(), 116);
}

TEST(ReadyBytes, WhatCameBackAndWentOutAgainMeanwhileIsCountedOnce) {
    ReadyBytes bytes;
    bytes.begin(0);
    bytes.put_back(0, Lane::durable, {{3}, {4}});
    bytes.take_out(key(3), 7);
    bytes.found(backlog(), is_out);
    EXPECT_EQ(bytes.total(), 100);
    bytes.put_back(0, Lane::durable, {{3}, {4}});
    EXPECT_EQ(bytes.total(), 107);
}

TEST(ReadyBytes, WhatWasSettledMeanwhileDoesNotComeBack) {
    ReadyBytes bytes;
    bytes.begin(0);
    bytes.settle_out(0, Lane::durable, {{3}, {5}});
    bytes.found(backlog(), [](const RecordKey& /*key*/) { return false; });
    bytes.put_back(0, Lane::durable, {{3}, {5}});
    EXPECT_EQ(bytes.total(), 100);
}

TEST(ReadyBytes, AnAnswerToAnEarlierCountIsNotAwaited) {
    ReadyBytes bytes;
    const uint64_t earlier = bytes.begin(0);
    const uint64_t later = bytes.begin(0);
    EXPECT_FALSE(bytes.awaits(earlier));
    EXPECT_TRUE(bytes.awaits(later));
    bytes.clear();
    EXPECT_FALSE(bytes.awaits(later));
}

}  // namespace
}  // namespace varve
