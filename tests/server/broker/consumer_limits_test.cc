// How many consume at once, how often a message may fail, and how long a delivery may take.
#include "tests/server/broker/limits_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

class ConsumerLimits : public Limits {};
INSTANTIATE_TEST_SUITE_P(FromShard, ConsumerLimits, ::testing::Values(0, 1));

FieldTable quorum(const FieldTable& more = {}) {
    return with({{"x-queue-type", FieldValue::string("quorum")}}, more);
}

// ---- single active consumer

FieldTable single() { return {{"x-single-active-consumer", FieldValue::boolean(true)}}; }

TEST_P(ConsumerLimits, OneConsumerIsActiveAndTheNextFollowsIt) {
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

TEST_P(ConsumerLimits, ConsumerThatWaitsGetsWhatTheActiveOneLeft) {
    session_->queue("q", single());
    const auto first = must(session_->consume("q", {.prefetch = 1}));
    const auto second = must(session_->consume("q"));
    session_->send("q", {"1", "2"});
    first->take(1);
    EXPECT_EQ(second->waiting_count(), 0u);
    session_->cancel(first);
    EXPECT_THAT(bodies_of(second->take(1)), ElementsAre("2"));
}

TEST_P(ConsumerLimits, QueueWithASingleActiveConsumerHasNoExclusiveOne) {
    session_->queue("q", single());
    const auto exclusive = session_->consume("q", {.exclusive = true});
    EXPECT_EQ(exclusive.error().code, ErrorCode::access_refused);
}

// As in RabbitMQ, whose quorum queues refuse it and whose classic ones do not.
TEST_P(ConsumerLimits, OneMessageCanBeTakenBesideASingleActiveConsumerFromAClassicQueueOnly) {
    session_->queue("classic", single());
    session_->queue("quorum", quorum(single()));
    const auto take = [&](const std::string& queue) {
        return broker_->await(GetParam(),
                              broker_->at(GetParam()).get(session_->context(), queue, false));
    };

    EXPECT_TRUE(take("classic").has_value());
    const auto refused = take("quorum");
    EXPECT_EQ(refused.error().code, ErrorCode::resource_locked);
    EXPECT_EQ(refused.error().detail,
              "cannot obtain access to locked queue 'quorum' in vhost '/'. basic.get operations "
              "are not supported by quorum queues with single active consumer");
}

// ---- delivery limit

TEST_P(ConsumerLimits, MessageThatFailsTooOftenBecomesADeadLetter) {
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

TEST_P(ConsumerLimits, QuorumQueueGivesUpAfterTwentyReturnsUnlessTold) {
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

TEST_P(ConsumerLimits, CountsAreKeptOverACrash) {
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

TEST_P(ConsumerLimits, DeliveryThatTakesTooLongGoesBackAlone) {
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

TEST_P(ConsumerLimits, TimeLimitOfAConsumerIsStrongerThanItsQueues) {
    session_->queue("q", {{"x-consumer-timeout", FieldValue::integer(60'000)}});
    const auto hasty = must(session_->consume("q", {.prefetch = 1, .timeout = milliseconds(10)}));
    session_->send("q", {"1"});
    hasty->take(1);
    home_.clock.advance(milliseconds(20));
    while (hasty->recalled_count() == 0) broker_->quiesce();
    EXPECT_TRUE(session_->get("q").value().redelivered);
}

TEST_P(ConsumerLimits, SettledInTimeIsSettled) {
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
