// How long a queue may get, and what happens then.
#include "server/broker/policies.h"
#include "tests/server/broker/limits_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FieldTable at_most(int64_t messages, std::string_view overflow = "drop-head") {
    return {{"x-max-length", FieldValue::integer(messages)},
            {"x-overflow", FieldValue::string(overflow)}};
}

INSTANTIATE_TEST_SUITE_P(FromShard, Limits, ::testing::Values(0, 1));

TEST_P(Limits, FullQueueDropsItsOldest) {
    session_->queue("q", at_most(3));
    session_->send("q", {"1", "2", "3", "4", "5"});
    EXPECT_EQ(session_->ready("q"), 3u);
    EXPECT_THAT(take_all("q"), ElementsAre("3", "4", "5"));
}

TEST_P(Limits, WhatWasDroppedStaysAwayAfterACrash) {
    session_->queue("q", at_most(2));
    session_->send("q", {"1", "2", "3"});
    must(session_->transact({}));
    broker_->quiesce();
    crash();
    EXPECT_THAT(take_all("q"), ElementsAre("2", "3"));
}

TEST_P(Limits, WhatIsOutDoesNotCount) {
    session_->queue("q", at_most(1));
    session_->send("q", {"1"});
    const Received out = session_->get("q").value();
    session_->send("q", {"2"});
    EXPECT_EQ(session_->ready("q"), 1u);

    session_->settle(out, SettleAction::requeue);
    EXPECT_THAT(take_all("q"), ElementsAre("2"));
}

TEST_P(Limits, ConsumerGetsWhatNeverHasToWait) {
    session_->queue("q", at_most(1));
    const auto consumer = must(session_->consume("q"));
    must(session_->transact({{.key = "q", .body = "1"}, {.key = "q", .body = "2"}}));
    EXPECT_THAT(bodies_of(consumer->take(2)), ElementsAre("1", "2"));
}

TEST_P(Limits, BytesOfBodiesCount) {
    session_->queue("q", {{"x-max-length-bytes", FieldValue::integer(10)}});
    session_->send("q", {"aaaa", "bbbb", "cccc"});
    EXPECT_THAT(take_all("q"), ElementsAre("bbbb", "cccc"));
    session_->send("q", {std::string(11, 'd')});
    EXPECT_THAT(take_all("q"), IsEmpty());

    session_->send("q", {"eeee"});
    const Received out = session_->get("q").value();
    session_->send("q", {"ffff", "gg"});
    session_->settle(out, SettleAction::requeue);
    EXPECT_THAT(take_all("q"), ElementsAre("eeee", "ffff", "gg"));
}

TEST_P(Limits, TransientMessagesCountAsWell) {
    session_->queue("q", at_most(2));
    for (const char* body : {"1", "2", "3"}) EXPECT_TRUE(is_taken("q", body, false));
    EXPECT_THAT(take_all("q"), ElementsAre("2", "3"));
}

TEST_P(Limits, HighestPriorityIsTheHead) {
    session_->queue("q", with(at_most(2), {{"x-max-priority", FieldValue::integer(3)}}));
    must(session_->publish({.key = "q", .body = "low", .priority = 0}));
    must(session_->publish({.key = "q", .body = "high", .priority = 3}));
    must(session_->publish({.key = "q", .body = "new", .priority = 0}));
    EXPECT_THAT(take_all("q"), ElementsAre("low", "new"));
}

TEST_P(Limits, DroppedMessageBecomesADeadLetter) {
    session_->queue("dead");
    session_->queue("q", with(at_most(1), to_dead()));
    session_->send("q", {"old", "new"});
    broker_->quiesce();
    EXPECT_EQ(death_of("dead"), "maxlen");
    EXPECT_THAT(take_all("q"), ElementsAre("new"));
}

TEST_P(Limits, FullQueueRefusesWhenAskedTo) {
    session_->queue("q", at_most(2, "reject-publish"));
    session_->send("q", {"1", "2"});
    EXPECT_FALSE(is_taken("q", "3"));
    EXPECT_FALSE(is_taken("q", "4", false));

    session_->get("q", true);
    broker_->quiesce();
    EXPECT_TRUE(is_taken("q", "5"));
    EXPECT_THAT(take_all("q"), ElementsAre("2", "5"));
    EXPECT_TRUE(is_taken("q", "6"));
}

TEST_P(Limits, LimitIsExactForWhatIsStillOnItsWay) {
    session_->queue("q", at_most(3, "reject-publish"));
    std::vector<TestMessage> burst;
    for (int i = 0; i < 10; ++i) burst.push_back({.key = "q", .body = std::to_string(i)});
    must(session_->transact(burst));
    EXPECT_THAT(take_all("q"), ElementsAre("0", "1", "2"));
}

TEST_P(Limits, BytesAreRefusedBeforeTheyAreTooMany) {
    session_->queue("q",
                    {{"x-max-length-bytes", FieldValue::integer(10)},
                     {"x-overflow", FieldValue::string("reject-publish")}});
    EXPECT_TRUE(is_taken("q", "aaaaaa"));
    EXPECT_FALSE(is_taken("q", "bbbbbb"));
    EXPECT_TRUE(is_taken("q", "cccc"));
    EXPECT_FALSE(is_taken("q", "d"));
}

// Full to the byte, wherever the power went.
TEST_P(Limits, BytesAreExactAfterACrash) {
    constexpr size_t kLimit = 2000;
    session_->queue("q",
                    {{"x-max-length-bytes", FieldValue::integer(kLimit)},
                     {"x-overflow", FieldValue::string("reject-publish")},
                     {"x-max-priority", FieldValue::integer(1)}});
    for (int round = 0; round < 20; ++round) {
        SCOPED_TRACE(round);
        for (int i = 0; i < 12; ++i) {
            must(session_->publish({.key = "q",
                                    .body = std::string(home_.rng.below(100), 'b'),
                                    .priority = static_cast<uint8_t>(home_.rng.below(2))}));
        }
        if (home_.rng.one_in(2)) must(broker_->engine().checkpoint());
        std::vector<Received> out;
        for (int i = 0; i < 8; ++i) out.push_back(session_->get("q").value());
        home_.disk->cut_power_at(home_.disk->event_count() + home_.rng.below(12));
        for (const Received& record : out) {
            if (home_.rng.one_in(3)) continue;  // stays out
            const Settlement settlement = BrokerSession::settlement(
                record, home_.rng.one_in(3) ? SettleAction::requeue : SettleAction::ack);
            broker_->call(GetParam(), [&] { broker_->at(GetParam()).settle({&settlement, 1}); });
        }
        if (home_.rng.one_in(2)) discard(broker_->engine().checkpoint(), "the power may be gone");
        crash();

        while (is_taken("q", std::string(37, 'f'))) {
        }
        while (is_taken("q", "f")) {
        }
        size_t bytes = 0;
        for (const std::string& body : take_all("q")) bytes += body.size();
        EXPECT_EQ(bytes, kLimit);
    }
}

TEST_P(Limits, OtherQueuesKeepWhatOneRefuses) {
    session_->exchange("both", "fanout");
    session_->queue("full", at_most(0, "reject-publish"));
    session_->queue("open");
    must(session_->bind("both", "full"));
    must(session_->bind("both", "open"));
    EXPECT_FALSE(session_->publish({.exchange = "both", .body = "m"}).has_value());
    EXPECT_THAT(take_all("open"), ElementsAre("m"));
    EXPECT_THAT(take_all("full"), IsEmpty());
}

TEST_P(Limits, RefusedMessageBecomesADeadLetterWhenAskedTo) {
    session_->queue("dead");
    session_->queue("q", with(at_most(1, "reject-publish-dlx"), to_dead()));
    session_->send("q", {"1"});
    EXPECT_FALSE(is_taken("q", "2"));
    EXPECT_EQ(death_of("dead"), "maxlen");
    EXPECT_THAT(take_all("q"), ElementsAre("1"));
}

TEST_P(Limits, FullQueuesThatLeadToEachOtherEnd) {
    session_->queue("a",
                    with(at_most(0, "reject-publish-dlx"),
                         {{"x-dead-letter-exchange", FieldValue::string("")},
                          {"x-dead-letter-routing-key", FieldValue::string("b")}}));
    session_->queue("b",
                    with(at_most(0, "reject-publish-dlx"),
                         {{"x-dead-letter-exchange", FieldValue::string("")},
                          {"x-dead-letter-routing-key", FieldValue::string("a")}}));
    EXPECT_FALSE(is_taken("a", "m"));
}

TEST_P(Limits, LimitHoldsAfterARestart) {
    session_->queue("drop", at_most(3));
    session_->queue("refuse", at_most(3, "reject-publish"));
    session_->queue("bytes", {{"x-max-length-bytes", FieldValue::integer(8)}});
    session_->send("drop", {"1", "2", "3"});
    session_->send("refuse", {"1", "2", "3"});
    session_->send("bytes", {"aaaa", "bbbb"});
    restart();
    session_->send("drop", {"4"});
    EXPECT_FALSE(is_taken("refuse", "4"));
    EXPECT_THAT(take_all("drop"), ElementsAre("2", "3", "4"));
    EXPECT_THAT(take_all("refuse"), ElementsAre("1", "2", "3"));
    // What was on the disk is estimated from below: it is not dropped too early.
    session_->send("bytes", {"cccccccc"});
    EXPECT_EQ(take_all("bytes").back(), "cccccccc");
}

TEST_P(Limits, LimitThatAPolicySetsLaterTakesEffectAtOnce) {
    session_->queue("q");
    session_->send("q", {"1", "2", "3", "4", "5"});
    const auto limit = [this](const FieldTable& definition) {
        Policy policy{.vhost = "/", .name = "p", .pattern = "q", .definition = definition.encode()};
        must(broker_->await(0, broker_->policies().put(std::move(policy))));
        broker_->quiesce();
    };

    limit({{"max-length", FieldValue::integer(2)}});
    EXPECT_THAT(take_all("q"), ElementsAre("4", "5"));

    session_->send("q", {"6"});
    limit({{"max-length", FieldValue::integer(1)},
           {"overflow", FieldValue::string("reject-publish")}});
    EXPECT_FALSE(is_taken("q", "7"));
    EXPECT_THAT(take_all("q"), ElementsAre("6"));
    broker_->quiesce();
    EXPECT_TRUE(is_taken("q", "8"));
}

}  // namespace
}  // namespace varve
