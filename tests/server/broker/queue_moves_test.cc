// A queue goes to the shard of its first consumer, and nobody notices.
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ranges>
#include <thread>

namespace varve {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class QueueMove : public ::testing::Test {
protected:
    QueueMove() {
        home_.options.queue_move_interval = milliseconds(0);
        start();
        sessions_[0]->queue("q");
    }
    void start() {
        broker_ = std::make_unique<RunningBroker>(home_);
        for (ShardIndex shard : {0, 1})
            sessions_[shard] = std::make_unique<BrokerSession>(*broker_, shard);
    }
    // A consumer on each shard in turn; answers where the queue was then.
    ShardIndex visit(ShardIndex shard) {
        const auto consumer = must(sessions_[shard]->consume("q"));
        sessions_[shard]->cancel(consumer);
        return consumer->queue.shard;
    }

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> sessions_[2];
};

TEST_F(QueueMove, GoesWhereTheFirstConsumerIs) {
    EXPECT_EQ(visit(0), 0);
    EXPECT_EQ(visit(1), 1);
    EXPECT_EQ(visit(0), 0);
}

TEST_F(QueueMove, IsNotMadeForASecondConsumer) {
    const auto first = must(sessions_[1]->consume("q"));
    const auto second = must(sessions_[0]->consume("q"));
    EXPECT_EQ(first->queue.shard, 1);
    EXPECT_EQ(second->queue.shard, 1);
}

TEST_F(QueueMove, IsMadeAtMostOnceInItsInterval) {
    ASSERT_EQ(visit(0), 0);
    for (auto& session : sessions_) session.reset();
    broker_.reset();
    home_.options.queue_move_interval = milliseconds(1000);
    home_.clock.advance(milliseconds(1000));
    start();
    // The broker spreads the queues anew when it starts.
    const ShardIndex first = visit(0) == 0 && visit(1) == 0 ? 0 : 1;
    home_.clock.advance(milliseconds(1000));
    EXPECT_EQ(visit(1 - first), 1 - first);
    EXPECT_EQ(visit(first), 1 - first);
    home_.clock.advance(milliseconds(1000));
    EXPECT_EQ(visit(first), first);
}

TEST_F(QueueMove, TakesTheBacklogAlongUntouched) {
    for (const ShardIndex shard : {0, 1, 0, 1}) {
        sessions_[0]->send("q", {"1", "2", "3"});
        const auto consumer = must(sessions_[shard]->consume("q"));
        EXPECT_EQ(consumer->queue.shard, shard);
        const auto received = consumer->take(3);
        EXPECT_THAT(bodies_of(received), ElementsAre("1", "2", "3"));
        for (const Received& record : received) {
            EXPECT_FALSE(record.redelivered);
            sessions_[shard]->settle(record, SettleAction::ack, consumer);
        }
        sessions_[shard]->cancel(consumer);
        EXPECT_EQ(sessions_[0]->ready("q"), 0);
    }
}

// Also the first messages after a consumer that took more than there was.
TEST_F(QueueMove, TellsWhatWasDeliveredBefore) {
    sessions_[0]->send("q", {"1", "2"});
    const auto first = must(sessions_[0]->consume("q", {.prefetch = 1}));
    sessions_[0]->settle(first->take(1).front(), SettleAction::requeue);
    sessions_[0]->cancel(first);

    const auto second = must(sessions_[1]->consume("q"));

    ASSERT_EQ(second->queue.shard, 1);
    const auto received = second->take(2);
    EXPECT_THAT(bodies_of(received), ElementsAre("1", "2"));
    EXPECT_TRUE(received[0].redelivered);
    EXPECT_FALSE(received[1].redelivered);
}

TEST_F(QueueMove, IsNotMadeWithTransientMessages) {
    ASSERT_EQ(visit(0), 0);
    must(sessions_[0]->publish({.key = "q", .body = "1", .persistent = false}));
    const auto consumer = must(sessions_[1]->consume("q"));
    EXPECT_EQ(consumer->queue.shard, 0);
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("1"));
}

TEST_F(QueueMove, IsNotMadeWhileSomethingIsOut) {
    ASSERT_EQ(visit(0), 0);
    sessions_[0]->send("q", {"1"});
    const Received out = sessions_[0]->get("q").value();
    EXPECT_EQ(visit(1), 0);
    sessions_[0]->settle(out, SettleAction::ack);
    broker_->quiesce();
    EXPECT_EQ(visit(1), 1);
}

TEST_F(QueueMove, KeepsItsLimit) {
    sessions_[0]->queue("short",
                        {{"x-max-length", amqp::FieldValue::integer(2)},
                         {"x-overflow", amqp::FieldValue::string("reject-publish")}});
    for (const ShardIndex shard : {0, 1, 0}) {
        const auto consumer = must(sessions_[shard]->consume("short"));
        EXPECT_EQ(consumer->queue.shard, shard);
        sessions_[shard]->cancel(consumer);
    }
    sessions_[1]->send("short", {"1", "2"});
    EXPECT_FALSE(sessions_[1]->publish({.key = "short"}));
    EXPECT_EQ(sessions_[1]->ready("short"), 2);
}

TEST_F(QueueMove, WhatWasAcknowledgedBeforeDoesNotComeBack) {
    for (ShardIndex shard = 0; const int round : {1, 2, 3, 4, 5, 6}) {
        const std::string body = std::to_string(round);
        sessions_[0]->send("q", {body});
        const auto consumer = must(sessions_[shard]->consume("q"));
        const auto received = consumer->take(1);
        ASSERT_THAT(bodies_of(received), ElementsAre(body));
        sessions_[shard]->settle(received[0], SettleAction::ack, consumer);
        sessions_[shard]->cancel(consumer);
        shard = 1 - shard;
    }
}

TEST_F(QueueMove, EndsInNothingIfTheQueueIsDeletedMeanwhile) {
    for (int round = 0; round < 50; ++round) {
        sessions_[0]->queue("gone");
        std::thread mover([&] {
            const auto consumer = sessions_[1]->consume("gone");
            if (consumer) sessions_[1]->cancel(*consumer);
        });
        must(sessions_[0]->remove("gone"));
        mover.join();
        EXPECT_FALSE(sessions_[0]->status("gone"));
    }
}

// While two publishers send, on two shards, of both lanes.
class MovedUnderLoad : public QueueMove {
protected:
    static constexpr int kTurns = 8;
    static constexpr int kPerTurn = 4;
    static constexpr int kMessages = kTurns * kPerTurn;

    // "SHARD number"
    void publish_all(ShardIndex shard) {
        BrokerSession session(*broker_, shard);
        for (int first = 0; first < kMessages; first += kPerTurn) {
            std::vector<TestMessage> turn;
            for (int number = first; number < first + kPerTurn; ++number) {
                turn.push_back({.key = "q",
                                .body = std::to_string(shard) + " " + std::to_string(number),
                                .persistent = number % 3 != 0});
            }
            session.publish_unconfirmed(turn);
        }
    }
    // Answers where the queue was.
    ShardIndex consume_all(ShardIndex shard) {
        const auto consumer = must(sessions_[shard]->consume("q"));
        int next[2] = {};
        for (const Received& record : consumer->take(size_t{2} * kMessages)) {
            EXPECT_EQ(std::stoi(record.body.substr(2)), next[record.body[0] - '0']++);
            sessions_[shard]->settle(record, SettleAction::ack, consumer);
        }
        EXPECT_EQ(next[0], kMessages);
        EXPECT_EQ(next[1], kMessages);
        sessions_[shard]->cancel(consumer);
        return consumer->queue.shard;
    }
};

TEST_F(MovedUnderLoad, AQueueLosesNothingAndKeepsEachPublishersOrder) {
    int moves = 0;
    for (ShardIndex shard = 0, last = visit(1); const int round : std::views::iota(0, 60)) {
        std::thread first([this] { publish_all(0); });
        std::thread second([this] { publish_all(1); });
        const ShardIndex now = consume_all(shard);
        first.join();
        second.join();
        ASSERT_FALSE(HasFailure()) << "round " << round;
        moves += now == last ? 0 : 1;
        last = now;
        shard = 1 - last;
    }
    EXPECT_GT(moves, 5);
}

}  // namespace
}  // namespace varve
