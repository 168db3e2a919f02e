#include "tools/load/checker.h"

#include <gtest/gtest.h>

namespace varve::load {
namespace {

constexpr uint16_t kRun = 7;

// A run of one publisher that has published ten messages, all confirmed, to one queue; and its
// checker.
class CheckerTest : public testing::Test {
protected:
    void publish(uint16_t publisher, uint64_t count) {
        ledger_.account(publisher).attempted += count;
        ledger_.account(publisher).confirmed.add_range(0, count);
    }
    enum class Flag { fresh, redelivered };
    void deliver(uint64_t sequence, Flag flag = Flag::fresh, size_t subscription = 0) {
        checker_.take({.subscription = subscription,
                       .queue = 0,
                       .redelivered = flag == Flag::redelivered,
                       .stamp = Stamp{.run = kRun, .publisher = 0, .sequence = sequence}});
    }
    const Findings& findings() const { return checker_.findings(); }

    Options options_;
    Ledger ledger_{LedgerShape{.run = kRun}};
    Checker checker_{ledger_, options_};
};

TEST_F(CheckerTest, EverythingOnceAndInOrderIsNoFault) {
    publish(0, 10);
    for (uint64_t i = 0; i < 10; ++i) deliver(i);
    EXPECT_EQ(findings().count(), 0u);
    EXPECT_EQ(ledger_.missing().count, 0u);
    EXPECT_EQ(ledger_.received(), 10u);
}

TEST_F(CheckerTest, AConfirmedMessageThatNeverComesIsMissing) {
    publish(0, 10);
    for (const uint64_t i : {0, 1, 2, 4, 5, 7, 8, 9}) deliver(i);
    EXPECT_EQ(ledger_.missing().count, 2u);
    EXPECT_EQ(ledger_.missing().first, "publisher 0, sequence number 3");
}

TEST_F(CheckerTest, AnUnconfirmedMessageMayComeOrNot) {
    ledger_.account(0).attempted = 2;
    deliver(1);
    EXPECT_EQ(findings().count(), 0u);
    EXPECT_EQ(ledger_.missing().count, 0u);
}

TEST_F(CheckerTest, ComingAgainIsAFaultOnlyWithoutTheFlag) {
    publish(0, 3);
    deliver(0);
    deliver(1);
    deliver(0, Flag::redelivered);
    EXPECT_EQ(findings().count(), 0u);
    EXPECT_EQ(checker_.redelivered(), 1u);

    deliver(1);
    EXPECT_EQ(findings().duplicate.count, 1u);
    EXPECT_EQ(findings().duplicate.first,
              "queue varve-bench-0, run 7, publisher 0, sequence number 1");
}

TEST_F(CheckerTest, AnEarlierMessageAfterALaterOneIsOutOfOrder) {
    publish(0, 4);
    deliver(0);
    deliver(2);
    deliver(1);
    deliver(3);
    EXPECT_EQ(findings().out_of_order.count, 1u);
    EXPECT_EQ(findings().count(), 1u);
}

TEST_F(CheckerTest, ARedeliveredMessageMayComeInAnyOrder) {
    publish(0, 4);
    deliver(2);
    deliver(0, Flag::redelivered);
    deliver(3);
    EXPECT_EQ(findings().count(), 0u);
}

TEST_F(CheckerTest, TwoConsumersOfOneQueueEachHaveTheirOwnOrder) {
    publish(0, 4);
    deliver(2, Flag::fresh, 0);
    deliver(0, Flag::fresh, 1);
    deliver(3, Flag::fresh, 0);
    deliver(1, Flag::fresh, 1);
    EXPECT_EQ(findings().count(), 0u);
}

TEST_F(CheckerTest, WhatNobodyAttemptedIsInvented) {
    publish(0, 4);
    deliver(4);
    checker_.take({.stamp = Stamp{.run = kRun, .publisher = 9}});
    EXPECT_EQ(findings().invented.count, 2u);
}

TEST_F(CheckerTest, OtherRunsAndDamageAreToldApart) {
    publish(0, 4);
    checker_.take({.stamp = Stamp{.run = kRun + 1}});
    checker_.take({.stamp = std::nullopt});
    EXPECT_EQ(findings().foreign.count, 1u);
    EXPECT_EQ(findings().damaged.count, 1u);
    EXPECT_EQ(ledger_.received(), 0u);
}

TEST(Checker, AMessageInAnotherQueueIsMisrouted) {
    Options options;
    options.queues = 2;
    Ledger ledger(LedgerShape{.run = kRun, .queues = 2});
    ledger.account(0).attempted = 2;
    Checker checker(ledger, options);

    EXPECT_TRUE(checker.take({.queue = 1, .stamp = Stamp{.run = kRun, .sequence = 1}}));
    EXPECT_FALSE(checker.take({.queue = 1, .stamp = Stamp{.run = kRun, .sequence = 0}}));

    EXPECT_EQ(checker.findings().misrouted.count, 1u);
}

TEST(Checker, WithAFanoutEveryQueueMustGetEveryMessage) {
    Options options;
    options.queues = 2;
    options.exchange = ExchangeMode::fanout;
    Ledger ledger(LedgerShape{.run = kRun, .queues = 2, .exchange = ExchangeMode::fanout});
    ledger.account(0).attempted = 2;
    ledger.account(0).confirmed.add_range(0, 2);
    Checker checker(ledger, options);

    for (uint64_t i = 0; i < 2; ++i) {
        checker.take({.subscription = 0, .queue = 0, .stamp = Stamp{.run = kRun, .sequence = i}});
    }
    checker.take({.subscription = 1, .queue = 1, .stamp = Stamp{.run = kRun, .sequence = 1}});

    EXPECT_EQ(checker.findings().count(), 0u);
    EXPECT_EQ(ledger.missing().count, 1u);
}

TEST(Checker, WithoutALedgerOnlyOrderDuplicatesAndContentAreJudged) {
    const Options options;
    const auto ledger = Ledger::of_unknown_publisher(1, ExchangeMode::direct);
    Checker checker(*ledger, options);

    EXPECT_TRUE(checker.take({.stamp = Stamp{.run = 3, .publisher = 5, .sequence = 1000}}));
    EXPECT_FALSE(checker.take({.stamp = Stamp{.run = 3, .publisher = 5, .sequence = 1000}}));
    EXPECT_FALSE(checker.take({.stamp = Stamp{.run = 4, .publisher = 5, .sequence = 1001}}));

    EXPECT_EQ(checker.findings().duplicate.count, 1u);
    EXPECT_EQ(checker.findings().foreign.count, 1u);
}

}  // namespace
}  // namespace varve::load
