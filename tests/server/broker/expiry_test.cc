// Time limits of messages and queues.
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

class Expiry : public ::testing::Test {
protected:
    void send(const std::string& queue, const std::string& body, const std::string& expiration) {
        must(session_.publish({.key = queue, .body = body, .expiration = expiration}));
    }
    // Waits until as many messages are ready.
    void wait_ready(const std::string& queue, uint64_t count) {
        while (session_.ready(queue) != count) broker_.quiesce();
    }

    BrokerHome home_;
    RunningBroker broker_{home_};
    BrokerSession session_{broker_};
};

TEST_F(Expiry, MessageGoesWhenItsTimeHasComeThoughNobodyAsks) {
    session_.queue("q");
    send("q", "short", "100");
    home_.clock.advance(milliseconds(99));
    broker_.quiesce();
    EXPECT_EQ(session_.ready("q"), 1u);

    home_.clock.advance(milliseconds(1));
    wait_ready("q", 0);
}

TEST_F(Expiry, SmallerLimitOfMessageAndQueueHolds) {
    session_.queue("q", {{"x-message-ttl", FieldValue::integer(100)}});
    send("q", "short", "50");
    send("q", "long", "5000");
    home_.clock.advance(milliseconds(60));
    wait_ready("q", 1);
    home_.clock.advance(milliseconds(60));
    wait_ready("q", 0);
}

TEST_F(Expiry, MessageBehindOneThatLivesLongerWaitsForIt) {
    session_.queue("q");
    send("q", "long", "1000");
    send("q", "short", "10");
    home_.clock.advance(milliseconds(20));
    broker_.quiesce();
    EXPECT_EQ(session_.ready("q"), 2u);
    const auto consumer = must(session_.consume("q"));
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("long"));
    wait_ready("q", 0);
    EXPECT_EQ(consumer->waiting_count(), 0u);
}

TEST_F(Expiry, WithoutAnyTimeItIsDeliveredAtOnceOrNever) {
    session_.queue("q", {{"x-message-ttl", FieldValue::integer(0)}});
    const auto consumer = must(session_.consume("q", {.prefetch = 1}));
    session_.send("q", {"at once"});
    const auto taken = consumer->take(1);
    EXPECT_THAT(bodies_of(taken), ElementsAre("at once"));

    session_.send("q", {"never"});
    wait_ready("q", 0);
    session_.settle(taken[0], SettleAction::ack, consumer);
    EXPECT_EQ(consumer->waiting_count(), 0u);
}

TEST_F(Expiry, RequeuedMessageKeepsItsTime) {
    session_.queue("q");
    send("q", "m", "100");
    const Received out = session_.get("q").value();
    home_.clock.advance(milliseconds(200));
    session_.settle(out, SettleAction::requeue);
    wait_ready("q", 0);
}

TEST_F(Expiry, EveryPriorityHasItsOwnHead) {
    session_.queue("q", {{"x-max-priority", FieldValue::integer(2)}});
    must(session_.publish({.key = "q", .body = "urgent", .priority = 2}));
    must(session_.publish({.key = "q", .body = "calm", .priority = 0, .expiration = "10"}));
    home_.clock.advance(milliseconds(20));
    wait_ready("q", 1);
    EXPECT_EQ(session_.get("q").value().body, "urgent");
}

TEST_F(Expiry, TimeGoesOnWhileTheBrokerIsDown) {
    session_.queue("q");
    send("q", "m", "100");
    session_.end();
    broker_.stop();
    home_.clock.advance(milliseconds(200));

    RunningBroker again(home_);
    BrokerSession session(again);
    while (session.ready("q") != 0) again.quiesce();
    EXPECT_FALSE(session.get("q"));
}

TEST_F(Expiry, LimitThatIsNoNumberIsRefused) {
    session_.queue("q");
    const auto refused = session_.publish({.key = "q", .expiration = "soon"});
    EXPECT_EQ(refused.error().code, ErrorCode::precondition);
    EXPECT_TRUE(session_.publish({.key = "q", .expiration = "315360000000"}));
}

}  // namespace
}  // namespace varve
