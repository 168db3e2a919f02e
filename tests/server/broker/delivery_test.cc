// Order, readiness and delivery of one queue, as its consumers see it.
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// With a queue "q" on one shard, and a session on each: whatever crosses, crosses.
class QueueDelivery : public ::testing::TestWithParam<ShardIndex> {
protected:
    QueueDelivery() : broker_(std::make_unique<RunningBroker>(home_)), session_(open()) {
        session_->queue("q");
    }
    std::unique_ptr<BrokerSession> open() {
        return std::make_unique<BrokerSession>(*broker_, GetParam());
    }
    void restart() {
        session_.reset();
        broker_.reset();
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = open();
    }
    void crash() {
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = open();
    }
    Received get() { return session_->get("q").value(); }

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;
};
INSTANTIATE_TEST_SUITE_P(FromShard, QueueDelivery, ::testing::Values(0, 1));

TEST_P(QueueDelivery, GoesInOrderOfPublishing) {
    const auto consumer = must(session_->consume("q"));
    session_->send("q", {"1", "2", "3", "4"});
    EXPECT_THAT(bodies_of(consumer->take(4)), ElementsAre("1", "2", "3", "4"));
}

TEST_P(QueueDelivery, PersistentAndTransientMessagesKeepTheirOrder) {
    for (int i = 0; i < 8; ++i)
        must(session_->publish({.key = "q", .body = std::to_string(i), .persistent = i % 3 == 0}));
    const auto consumer = must(session_->consume("q"));
    EXPECT_THAT(bodies_of(consumer->take(8)), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7"));
}

// Also those of one turn, and those that follow while the first wait for the disk.
TEST_P(QueueDelivery, PersistentAndTransientMessagesKeepTheirOrderOnTheirWay) {
    const auto consumer = must(session_->consume("q"));
    std::vector<std::string> bodies;
    for (int turn = 0; turn < 50; ++turn) {
        std::vector<TestMessage> messages;
        for (int i = 0; i < 1 + turn % 4; ++i) {
            bodies.push_back(std::to_string(bodies.size()));
            messages.push_back(
                {.key = "q", .body = bodies.back(), .persistent = bodies.size() % 3 != 0});
        }
        session_->publish_unconfirmed(messages);
    }
    EXPECT_EQ(bodies_of(consumer->take(bodies.size())), bodies);
}

TEST_P(QueueDelivery, WhatIsGivenBackComesFirstAgain) {
    session_->send("q", {"1", "2", "3"});
    const Received one = get();
    const Received two = get();
    session_->settle(two, SettleAction::requeue);
    session_->settle(one, SettleAction::requeue);

    const auto consumer = must(session_->consume("q"));
    const auto all = consumer->take(3);
    EXPECT_THAT(bodies_of(all), ElementsAre("1", "2", "3"));
    EXPECT_TRUE(all[0].redelivered);
    EXPECT_TRUE(all[1].redelivered);
    EXPECT_FALSE(all[2].redelivered);
    EXPECT_EQ(all[0].delivery_count, 1u);
}

TEST_P(QueueDelivery, UrgentMessagesOvertake) {
    session_->queue("levels", {{"x-max-priority", FieldValue::integer(5)}});
    for (const auto& [body, priority] :
         {std::pair("low", 0), std::pair("mid", 3), std::pair("high", 9), std::pair("mid2", 3)})
        must(session_->publish(
            {.key = "levels", .body = body, .priority = static_cast<uint8_t>(priority)}));
    const auto consumer = must(session_->consume("levels"));
    EXPECT_THAT(bodies_of(consumer->take(4)), ElementsAre("high", "mid", "mid2", "low"));
}

TEST_P(QueueDelivery, ConsumerAtItsLimitGetsNothingUntilItSettles) {
    const auto consumer = must(session_->consume("q", {.prefetch = 2}));
    session_->send("q", {"1", "2", "3"});
    const auto first = consumer->take(2);
    broker_->quiesce();
    EXPECT_EQ(consumer->waiting_count(), 0u);

    session_->settle(first[0], SettleAction::ack, consumer);
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("3"));
}

TEST_P(QueueDelivery, CountsAreThoseOfNow) {
    session_->send("q", {"1", "2", "3"});
    const Received out = get();
    const QueueStatus status = must(session_->status("q"));
    EXPECT_EQ(status.ready, 2u);
    EXPECT_EQ(status.unsettled, 1u);
    EXPECT_EQ(status.consumers, 0u);

    session_->settle(out, SettleAction::ack);
    EXPECT_EQ(must(session_->status("q")).unsettled, 0u);
}

TEST_P(QueueDelivery, PurgeTakesWhatIsReadyAndLeavesWhatIsOut) {
    session_->send("q", {"1", "2", "3"});
    const Received out = get();
    EXPECT_EQ(must(session_->purge("q")), 2u);
    EXPECT_EQ(session_->ready("q"), 0u);
    session_->settle(out, SettleAction::requeue);
    EXPECT_EQ(session_->ready("q"), 1u);

    crash();
    EXPECT_EQ(get().body, "1");
    EXPECT_FALSE(session_->get("q"));
}

TEST_P(QueueDelivery, ExclusiveConsumerIsAlone) {
    const auto alone = must(session_->consume("q", {.exclusive = true}));
    EXPECT_EQ(session_->consume("q").error().detail, "queue 'q' in vhost '/' in exclusive use");
    session_->cancel(alone);
    const auto other = must(session_->consume("q"));
    EXPECT_EQ(session_->consume("q", {.exclusive = true}).error().code, ErrorCode::access_refused);
}

TEST_P(QueueDelivery, AutomaticAcknowledgementLeavesNothingBehind) {
    session_->send("q", {"1", "2"});
    const auto consumer = must(session_->consume("q", {.no_ack = true}));
    EXPECT_EQ(consumer->take(2).size(), 2u);
    EXPECT_EQ(must(session_->status("q")).unsettled, 0u);
    broker_->quiesce();
    restart();
    EXPECT_FALSE(session_->get("q"));
}

TEST_P(QueueDelivery, ConfirmedPersistentMessagesSurviveACrash) {
    session_->send("q", {"1", "2"});
    must(session_->publish({.key = "q", .body = "transient", .persistent = false}));
    crash();
    EXPECT_EQ(get().body, "1");
    EXPECT_EQ(get().body, "2");
    EXPECT_FALSE(session_->get("q"));
}

TEST_P(QueueDelivery, WhatWasDeliveredBeforeACrashComesBackAsRedelivered) {
    session_->send("q", {"1"});
    get();
    crash();
    EXPECT_TRUE(get().redelivered);
}

TEST_P(QueueDelivery, WhatIsPublishedAfterACrashIsNotRedelivered) {
    session_->send("q", {"1"});
    session_->settle(get(), SettleAction::ack);
    broker_->quiesce();
    crash();
    session_->send("q", {"2"});
    const Received first_time = get();
    EXPECT_EQ(first_time.body, "2");
    EXPECT_FALSE(first_time.redelivered);
    EXPECT_EQ(first_time.delivery_count, 0u);
}

TEST_P(QueueDelivery, CleanStopKnowsExactlyWhatWasDelivered) {
    session_->send("q", {"1", "2", "3"});
    session_->settle(get(), SettleAction::requeue);
    restart();
    EXPECT_EQ(broker_->recovery().redelivered_messages, 1u);
    EXPECT_TRUE(get().redelivered);
    EXPECT_FALSE(get().redelivered);
}

TEST_P(QueueDelivery, DeliveriesAreCountedAcrossACrash) {
    session_->send("q", {"1"});
    for (int i = 0; i < 3; ++i) session_->settle(get(), SettleAction::requeue);
    broker_->quiesce();
    crash();
    const Received back = get();
    EXPECT_EQ(back.delivery_count, 3u);
}

TEST_P(QueueDelivery, AcknowledgedBeforeItIsWrittenDoesNotComeBackOnceWritten) {
    session_->send("q", {"1", "2", "3", "4"});
    const auto consumer = must(session_->consume("q"));
    const auto all = consumer->take(4);
    for (const int i : {2, 0, 3}) session_->settle(all[i], SettleAction::ack, consumer);
    crash();
    EXPECT_EQ(get().body, "2");
    EXPECT_FALSE(session_->get("q"));
}

TEST_P(QueueDelivery, LongBacklogIsReadBackInOrder) {
    std::vector<std::string> bodies;
    for (int i = 0; i < 3000; ++i) bodies.push_back(std::to_string(i) + std::string(200, '.'));
    std::vector<TestMessage> messages;
    for (const std::string& body : bodies) messages.push_back({.key = "q", .body = body});
    for (size_t i = 0; i < messages.size(); i += 100)
        must(session_->transact({messages.begin() + i, messages.begin() + i + 100}));
    must(broker_->engine().checkpoint());
    restart();

    const auto consumer = must(session_->consume("q"));
    EXPECT_EQ(bodies_of(consumer->take(bodies.size())), bodies);
}

TEST_P(QueueDelivery, MessageForSeveralQueuesIsInEachOfThem) {
    session_->queue("r");
    must(session_->bind("amq.fanout", "q"));
    must(session_->bind("amq.fanout", "r"));
    must(session_->publish({.exchange = "amq.fanout", .body = "both"}));
    EXPECT_EQ(get().body, "both");
    EXPECT_EQ(session_->get("r").value().body, "both");
}

TEST_P(QueueDelivery, DepartedConsumerLeavesItsMessagesToTheNext) {
    session_->send("q", {"1", "2"});
    auto leaver = must(session_->consume("q", {.prefetch = 2}));
    const auto held = leaver->take(2);
    session_->cancel(leaver);
    for (const Received& record : held) session_->settle(record, SettleAction::requeue);

    const auto next = must(session_->consume("q"));
    const auto again = next->take(2);
    EXPECT_THAT(bodies_of(again), ElementsAre("1", "2"));
    EXPECT_TRUE(again[0].redelivered);
}

// Its channel knows that it ends, and its queue does not yet.
TEST_P(QueueDelivery, WhatAConsumerOnItsWayOutWouldGetGoesToTheOthers) {
    const auto leaving = must(session_->consume("q"));
    const auto staying = must(session_->consume("q"));
    broker_->call(GetParam(), [&] { leaving->port->sink = nullptr; });
    session_->send("q", {"1"});
    EXPECT_THAT(bodies_of(staying->take(1)), ElementsAre("1"));
}

TEST_P(QueueDelivery, SettlingTwiceIsSettlingOnce) {
    session_->send("q", {"1", "2"});
    const Received one = get();
    session_->settle(one, SettleAction::ack);
    session_->settle(one, SettleAction::ack);
    session_->settle(one, SettleAction::requeue);
    EXPECT_EQ(must(session_->status("q")).unsettled, 0u);
    EXPECT_EQ(session_->ready("q"), 1u);
}

TEST_P(QueueDelivery, PublishersAreHeldWhileTransientMessagesFillTheMemory) {
    home_.options.transient_max = 16_KiB;
    restart();
    const auto held = [this] {
        return broker_->call(GetParam(),
                             [this] { return broker_->at(GetParam()).publishing_held(); });
    };
    must(session_->declare(QueueDeclaration{.name = "t"}));
    for (int i = 0; i < 20; ++i)
        must(session_->publish({.key = "t", .body = std::string(1000, 'x'), .persistent = false}));
    broker_->quiesce();
    EXPECT_TRUE(held());

    const auto consumer = must(session_->consume("t"));
    const auto all = consumer->take(20);
    const OffsetRange range{all.front().key.offset, all.back().key.offset + 1};
    const Settlement everything{all[0].queue, 0, Lane::transient, range, SettleAction::ack};
    broker_->call(GetParam(), [&] { broker_->at(GetParam()).settle({&everything, 1}); });
    broker_->quiesce();
    EXPECT_FALSE(held());
}

}  // namespace
}  // namespace varve
