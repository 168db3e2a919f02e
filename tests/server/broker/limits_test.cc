// Limits of a queue: how long it may get, how often a message may fail, how many consume at once.
#include "server/broker/policies.h"
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FieldTable with(FieldTable arguments, const FieldTable& more) {
    for (const auto& entry : more.entries()) arguments.set(entry.name, entry.value);
    return arguments;
}

FieldTable at_most(int64_t messages, std::string_view overflow = "drop-head") {
    return {{"x-max-length", FieldValue::integer(messages)},
            {"x-overflow", FieldValue::string(overflow)}};
}

FieldTable to_dead() {
    return {{"x-dead-letter-exchange", FieldValue::string("")},
            {"x-dead-letter-routing-key", FieldValue::string("dead")}};
}

FieldTable quorum(const FieldTable& more = {}) {
    return with({{"x-queue-type", FieldValue::string("quorum")}}, more);
}

// The queue is on one shard; a session on each.
class Limits : public ::testing::TestWithParam<ShardIndex> {
protected:
    Limits() { begin(); }
    void begin() {
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = std::make_unique<BrokerSession>(*broker_, GetParam());
    }
    void crash() {
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        begin();
    }
    void restart() {
        session_.reset();
        broker_.reset();
        begin();
    }
    void TearDown() override { session_.reset(); }

    std::vector<std::string> take_all(const std::string& queue) {
        std::vector<std::string> bodies;
        while (const auto got = session_->get(queue, true)) bodies.push_back(got->body);
        return bodies;
    }
    bool is_taken(const std::string& queue, const std::string& body, bool persistent = true) {
        return session_->publish({.key = queue, .body = body, .persistent = persistent})
            .has_value();
    }
    std::string death_of(const std::string& queue) {
        return std::string(*session_->get(queue).value().headers().string("x-last-death-reason"));
    }

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;
};
INSTANTIATE_TEST_SUITE_P(FromShard, Limits, ::testing::Values(0, 1));

// ---- length

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

// ---- single active consumer

FieldTable single() { return {{"x-single-active-consumer", FieldValue::boolean(true)}}; }

TEST_P(Limits, OneConsumerIsActiveAndTheNextFollowsIt) {
    session_->queue("q", single());
    const auto first = must(session_->consume("q"));
    const auto second = must(session_->consume("q"));
    const auto urgent = must(session_->consume("q", {.priority = 5}));
    session_->send("q", {"1", "2"});
    EXPECT_THAT(bodies_of(first->take(2)), ElementsAre("1", "2"));

    session_->cancel(first);
    session_->send("q", {"3"});
    EXPECT_THAT(bodies_of(urgent->take(1)), ElementsAre("3"));
    session_->cancel(urgent);
    session_->send("q", {"4"});
    EXPECT_THAT(bodies_of(second->take(1)), ElementsAre("4"));
}

TEST_P(Limits, ConsumerThatWaitsGetsWhatTheActiveOneLeft) {
    session_->queue("q", single());
    const auto first = must(session_->consume("q", {.prefetch = 1}));
    const auto second = must(session_->consume("q"));
    session_->send("q", {"1", "2"});
    first->take(1);
    EXPECT_EQ(second->waiting_count(), 0u);
    session_->cancel(first);
    EXPECT_THAT(bodies_of(second->take(1)), ElementsAre("2"));
}

TEST_P(Limits, QueueWithASingleActiveConsumerKnowsNoOtherWay) {
    session_->queue("q", single());
    const auto exclusive = session_->consume("q", {.exclusive = true});
    EXPECT_EQ(exclusive.error().code, ErrorCode::access_refused);
    const auto got =
        broker_->await(GetParam(), broker_->at(GetParam()).get(session_->context(), "q", false));
    EXPECT_EQ(got.error().code, ErrorCode::resource_locked);
    EXPECT_EQ(got.error().detail,
              "cannot obtain access to locked queue 'q' in vhost '/'. basic.get operations are not "
              "supported by classic queues with single active consumer");
}

// ---- delivery limit

TEST_P(Limits, MessageThatFailsTooOftenBecomesADeadLetter) {
    session_->queue("dead");
    session_->queue("q", quorum(with(to_dead(), {{"x-delivery-limit", FieldValue::integer(2)}})));
    session_->send("q", {"poison"});
    for (uint32_t count = 0; count <= 2; ++count) {
        const Received got = session_->get("q").value();
        EXPECT_EQ(got.delivery_count, count);
        session_->settle(got, SettleAction::requeue);
    }
    EXPECT_FALSE(session_->get("q"));
    EXPECT_EQ(death_of("dead"), "delivery_limit");
    EXPECT_EQ(must(session_->status("q")).unsettled, 0u);
}

TEST_P(Limits, QuorumQueueGivesUpAfterTwentyReturnsUnlessTold) {
    session_->queue("q", quorum());
    session_->queue("patient", quorum({{"x-delivery-limit", FieldValue::integer(-1)}}));
    session_->queue("classic");
    for (const std::string queue : {"q", "patient", "classic"}) {
        session_->send(queue, {"m"});
        for (int i = 0; i < 21; ++i)
            session_->settle(session_->get(queue).value(), SettleAction::requeue);
    }
    EXPECT_FALSE(session_->get("q"));
    EXPECT_EQ(session_->get("patient").value().delivery_count, 21u);
    EXPECT_EQ(session_->get("classic").value().delivery_count, 21u);
}

TEST_P(Limits, CountsAreKeptOverACrash) {
    session_->queue("q", quorum({{"x-delivery-limit", FieldValue::integer(2)}}));
    session_->send("q", {"m"});
    session_->settle(session_->get("q").value(), SettleAction::requeue);
    session_->get("q");  // out for the second time
    must(session_->transact({}));
    broker_->quiesce();
    crash();
    const Received third = session_->get("q").value();
    EXPECT_EQ(third.delivery_count, 2u);
    session_->settle(third, SettleAction::requeue);
    EXPECT_FALSE(session_->get("q"));
}

// ---- consumer timeout

TEST_P(Limits, DeliveryThatTakesTooLongGoesBackAlone) {
    session_->queue("q", quorum({{"x-consumer-timeout", FieldValue::integer(1000)}}));
    const auto slow = must(session_->consume("q", {.prefetch = 2}));
    session_->send("q", {"1"});
    slow->take(1);
    home_.clock.advance(milliseconds(600));
    session_->send("q", {"2"});
    const auto second = slow->take(1);

    home_.clock.advance(milliseconds(600));
    while (slow->recalled_count() == 0) broker_->quiesce();

    EXPECT_EQ(slow->recalled_count(), 1u);
    const Received again = session_->get("q").value();
    EXPECT_EQ(again.body, "1");
    EXPECT_EQ(again.delivery_count, 1u);
    session_->settle(second[0], SettleAction::ack, slow);
    EXPECT_EQ(must(session_->status("q")).unsettled, 1u);
}

TEST_P(Limits, TimeLimitOfAConsumerIsStrongerThanItsQueues) {
    session_->queue("q", {{"x-consumer-timeout", FieldValue::integer(60'000)}});
    const auto hasty = must(session_->consume("q", {.prefetch = 1, .timeout = milliseconds(10)}));
    session_->send("q", {"1"});
    hasty->take(1);
    home_.clock.advance(milliseconds(20));
    while (hasty->recalled_count() == 0) broker_->quiesce();
    EXPECT_TRUE(session_->get("q").value().redelivered);
}

TEST_P(Limits, SettledInTimeIsSettled) {
    session_->queue("q", {{"x-consumer-timeout", FieldValue::integer(10)}});
    const auto consumer = must(session_->consume("q"));
    session_->send("q", {"1"});
    session_->settle(consumer->take(1)[0], SettleAction::ack, consumer);
    home_.clock.advance(milliseconds(20));
    broker_->quiesce();
    EXPECT_EQ(consumer->recalled_count(), 0u);
    EXPECT_FALSE(session_->get("q"));
}

}  // namespace
}  // namespace varve
