#include "server/broker/ledger.h"

#include "server/broker/delivered_mark.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

OffsetRange range(int64_t begin, int64_t end) { return {{begin}, {end}}; }

TEST(Ledger, WhatComesBackGoesOutFirstAndIsCounted) {
    Ledger ledger;
    ledger.add_ready(range(0, 3));
    EXPECT_EQ(ledger.take_front(), 0u);
    EXPECT_EQ(ledger.take_front(), 0u);

    EXPECT_EQ(ledger.put_back(range(0, 1)), 1);

    EXPECT_EQ(ledger.ready().front().value, 0);
    EXPECT_EQ(ledger.take_front(), 1u);
    EXPECT_EQ(ledger.put_back(range(0, 1)), 1);
    EXPECT_EQ(ledger.take_front(), 2u);
    EXPECT_EQ(ledger.deliveries({0}), 3u);
    EXPECT_EQ(ledger.deliveries({2}), 0u);
}

TEST(Ledger, OnlyWhatIsOutComesBackOrIsSettled) {
    Ledger ledger;
    ledger.add_ready(range(0, 4));
    ledger.take_front();
    EXPECT_EQ(ledger.put_back(range(0, 4)), 1);
    EXPECT_EQ(ledger.settle_out(range(0, 4)), 0);
    EXPECT_EQ(ledger.ready().count(), 4);
}

TEST(Ledger, WhatALifeBeforeDeliveredIsRedelivered) {
    Ledger ledger({2});
    ledger.add_ready(range(0, 3));
    ledger.set_deliveries({1}, 5);
    EXPECT_EQ(ledger.take_front(), 1u);
    EXPECT_EQ(ledger.take_front(), 5u);
    EXPECT_EQ(ledger.take_front(), 0u);
}

TEST(Ledger, SettlingForgetsTheCounts) {
    Ledger ledger;
    ledger.add_ready(range(0, 1));
    ledger.take_front();
    ledger.put_back(range(0, 1));
    ledger.take_front();
    EXPECT_EQ(ledger.settle_out(range(0, 1)), 1);
    bool any = false;
    ledger.for_each_count(range(0, 10), [&](Offset, uint32_t) { any = true; });
    EXPECT_FALSE(any);
}

TEST(DeliveredMark, IsKeptAheadOfSteadyDelivery) {
    DeliveredMark mark;
    const auto first = mark.wanted({0});
    ASSERT_TRUE(first);
    const uint64_t life = mark.request(*first);
    EXPECT_FALSE(mark.covers({0}));
    mark.written(life, *first);

    for (Offset next{0}; next < *first; next = next + 1) {
        ASSERT_TRUE(mark.covers(next));
        if (const auto wanted = mark.wanted(next)) mark.written(mark.request(*wanted), *wanted);
    }
    EXPECT_TRUE(mark.covers(*first));
}

TEST(DeliveredMark, WritesFromBeforeItWasLoweredDoNotCount) {
    DeliveredMark mark;
    const auto ahead = mark.wanted({0});
    const uint64_t life = mark.request(*ahead);
    mark.lower({3});
    mark.written(life, *ahead);
    EXPECT_FALSE(mark.covers({3}));
}

}  // namespace
}  // namespace varve
