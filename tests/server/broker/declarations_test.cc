// Declaring, binding and deleting: what holds at once, on every shard, and after a restart.
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using ::testing::HasSubstr;

class Declarations : public ::testing::Test {
protected:
    // Everything begins anew but the disk.
    void restart() {
        here.reset();
        there.reset();
        broker.reset();
        begin();
    }
    void crash() {
        here->abandon();
        there->abandon();
        here.reset();
        there.reset();
        broker->crash();
        broker.reset();
        begin();
    }
    void begin() {
        broker = std::make_unique<RunningBroker>(home);
        here = std::make_unique<BrokerSession>(*broker, 0);
        there = std::make_unique<BrokerSession>(*broker, 1);
    }
    void SetUp() override { begin(); }

    BrokerHome home;
    std::unique_ptr<RunningBroker> broker;
    std::unique_ptr<BrokerSession> here;   // on shard 0
    std::unique_ptr<BrokerSession> there;  // on shard 1
};

TEST_F(Declarations, DurableOnesSurviveACrashOthersDoNot) {
    here->queue("durable");
    must(here->declare(QueueDeclaration{.name = "transient"}));
    here->exchange("x", "topic");
    must(here->declare(ExchangeDeclaration{.name = "passing", .type = "fanout"}));
    must(here->bind("x", "durable", "a.#"));
    must(here->bind("passing", "durable"));

    crash();

    EXPECT_EQ(must(here->publish({.exchange = "x", .key = "a.b"})), PublishOutcome::routed);
    EXPECT_EQ(here->ready("durable"), 1u);
    EXPECT_EQ(here->status("transient").error().detail, "no queue 'transient' in vhost '/'");
    EXPECT_EQ(here->publish({.exchange = "passing"}).error().code, ErrorCode::not_found);
    EXPECT_EQ(broker->recovery().queues, 1u);
    EXPECT_EQ(broker->recovery().exchanges, 1u);
}

TEST_F(Declarations, DeletedOnesStayDeleted) {
    here->queue("q");
    here->exchange("x", "fanout");
    must(here->bind("x", "q"));
    must(here->unbind("x", "q"));
    here->send("q", {"1"});
    EXPECT_EQ(must(there->remove("q")), 1u);

    crash();

    EXPECT_FALSE(here->status("q"));
    EXPECT_EQ(must(here->publish({.exchange = "x"})), PublishOutcome::unroutable);
}

TEST_F(Declarations, AreKnownToEveryShardWhenTheyAreAnswered) {
    for (int i = 0; i < 20; ++i) {
        const std::string name = "q" + std::to_string(i);
        here->queue(name);
        EXPECT_EQ(must(there->publish({.key = name})), PublishOutcome::routed);
        EXPECT_EQ(here->ready(name), 1u);
    }
}

TEST_F(Declarations, QueueWithoutANameGetsOne) {
    const QueueStatus one = must(here->declare(QueueDeclaration{.exclusive = true}));
    const QueueStatus two = must(here->declare(QueueDeclaration{.exclusive = true}));
    EXPECT_THAT(one.name, ::testing::StartsWith("amq.gen-"));
    EXPECT_NE(one.name, two.name);
}

TEST_F(Declarations, ReservedNamesAreRefused) {
    EXPECT_EQ(here->declare(QueueDeclaration{.name = "amq.mine"}).error().detail,
              "queue name 'amq.mine' contains reserved prefix 'amq.*'");
    EXPECT_EQ(
        here->declare(ExchangeDeclaration{.name = "amq.mine", .type = "direct"}).error().detail,
        "exchange name 'amq.mine' contains reserved prefix 'amq.*'");
    EXPECT_TRUE(
        here->declare(ExchangeDeclaration{.name = "amq.topic", .type = "topic", .durable = true}));
}

TEST_F(Declarations, ExclusiveQueueIsForItsSessionAlone) {
    must(here->declare(QueueDeclaration{.name = "mine", .durable = true, .exclusive = true}));
    EXPECT_EQ(there->status("mine").error().code, ErrorCode::resource_locked);
    EXPECT_EQ(there->purge("mine").error().code, ErrorCode::resource_locked);
    EXPECT_EQ(there->remove("mine").error().code, ErrorCode::resource_locked);
    EXPECT_EQ(there->consume("mine").error().code, ErrorCode::resource_locked);
    // Anybody may publish to it.
    EXPECT_EQ(must(there->publish({.key = "mine"})), PublishOutcome::routed);

    here->end();
    EXPECT_EQ(there->status("mine").error().code, ErrorCode::not_found);
}

TEST_F(Declarations, AutoDeleteQueueGoesWithItsLastConsumer) {
    must(here->declare(QueueDeclaration{.name = "brief", .durable = true, .auto_delete = true}));
    const auto first = must(here->consume("brief"));
    const auto second = must(there->consume("brief"));
    here->cancel(first);
    broker->quiesce();
    EXPECT_TRUE(here->status("brief"));
    there->cancel(second);
    broker->quiesce();
    EXPECT_FALSE(here->status("brief"));

    crash();
    EXPECT_FALSE(here->status("brief"));
}

TEST_F(Declarations, AutoDeleteQueueThatIsGoingCanBeDeclaredAgainAtOnce) {
    for (int i = 0; i < 50; ++i) {
        const QueueDeclaration declaration{.name = "brief", .auto_delete = true};
        must(here->declare(declaration));
        const auto consumer = must(here->consume("brief"));
        here->cancel(consumer);
        must(there->declare(declaration));
        const auto next = there->consume("brief");
        ASSERT_TRUE(next) << next.error().detail;
        there->cancel(*next);
        broker->quiesce();
    }
}

TEST_F(Declarations, AutoDeleteExchangeGoesWithItsLastBinding) {
    here->queue("q");
    must(here->declare(ExchangeDeclaration{
        .name = "brief", .type = "fanout", .durable = true, .auto_delete = true}));
    must(here->bind("brief", "q", "1"));
    must(here->bind("brief", "q", "2"));
    must(here->unbind("brief", "q", "1"));
    EXPECT_TRUE(here->publish({.exchange = "brief"}));
    must(here->remove("q"));
    EXPECT_EQ(here->publish({.exchange = "brief"}).error().code, ErrorCode::not_found);
}

TEST_F(Declarations, UnusedQueueExpires) {
    here->queue("idle", {{"x-expires", FieldValue::integer(1000)}});
    home.clock.advance(std::chrono::milliseconds(900));
    here->queue("idle", {{"x-expires", FieldValue::integer(1000)}});  // counts as use
    home.clock.advance(std::chrono::milliseconds(900));
    EXPECT_TRUE(here->status("idle"));

    const auto consumer = must(here->consume("idle"));
    home.clock.advance(std::chrono::hours(1));
    broker->quiesce();
    EXPECT_TRUE(here->status("idle"));

    here->cancel(consumer);
    home.clock.advance(std::chrono::milliseconds(1100));
    while (here->status("idle")) broker->quiesce();
}

TEST_F(Declarations, QueueIsDeletedOnlyUnderTheConditions) {
    here->queue("q");
    here->send("q", {"1"});
    EXPECT_EQ(here->remove("q", {.if_empty = true}).error().detail,
              "queue 'q' in vhost '/' not empty");
    const auto consumer = must(there->consume("q"));
    EXPECT_EQ(here->remove("q", {.if_unused = true}).error().detail,
              "queue 'q' in vhost '/' in use");

    EXPECT_TRUE(here->remove("q"));
    EXPECT_EQ(consumer->wait_cancelled(), CancelReason::queue_deleted);
    EXPECT_EQ(must(here->remove("q")), 0u);
}

TEST_F(Declarations, InequivalentOnesAreRefusedWithTheDifference) {
    here->queue("q", {{"x-max-priority", FieldValue::integer(3)}});
    const auto plain = here->declare(QueueDeclaration{.name = "q", .durable = true});
    EXPECT_EQ(plain.error().code, ErrorCode::precondition);
    EXPECT_THAT(plain.error().detail, HasSubstr("inequivalent arg 'x-max-priority'"));
    here->exchange("x", "direct");
    EXPECT_THAT(here->declare(ExchangeDeclaration{.name = "x", .type = "fanout", .durable = true})
                    .error()
                    .detail,
                HasSubstr("inequivalent arg 'type'"));
}

TEST_F(Declarations, BindingsNeedBothEnds) {
    here->queue("q");
    EXPECT_EQ(here->bind("nowhere", "q").error().detail, "no exchange 'nowhere' in vhost '/'");
    EXPECT_EQ(here->bind("amq.direct", "nobody").error().detail, "no queue 'nobody' in vhost '/'");
    EXPECT_EQ(here->bind("", "q").error().code, ErrorCode::access_refused);
}

TEST_F(Declarations, ExchangesAreBoundToExchangesForGood) {
    here->queue("q");
    here->exchange("outer", "fanout");
    here->exchange("inner", "fanout");
    must(here->bind("inner", "q"));
    const BindingDeclaration binding{
        .source = "outer", .target = BindingDeclaration::Target::exchange, .destination = "inner"};
    must(broker->await(0, broker->at(0).bind(here->context(), binding)));

    crash();

    EXPECT_EQ(must(here->publish({.exchange = "outer"})), PublishOutcome::routed);
    EXPECT_EQ(here->ready("q"), 1u);
}

TEST_F(Declarations, RetentionOfAQueueIsItsLogs) {
    here->queue("kept",
                {{"x-retention-bytes", FieldValue::integer(12345)},
                 {"x-retention-age", FieldValue::integer(60000)}});
    crash();
    ASSERT_EQ(broker->engine().logs().size(), 1u);
    const RetentionPolicy policy = broker->engine().logs()[0]->retention();
    EXPECT_EQ(policy.bytes, 12345u);
    EXPECT_EQ(policy.age, std::chrono::minutes(1));
}

TEST_F(Declarations, ManyQueuesComeBackWithTheirMessages) {
    for (int i = 0; i < 200; ++i) {
        here->queue("q" + std::to_string(i));
        must(there->publish({.key = "q" + std::to_string(i)}));
    }
    restart();
    EXPECT_EQ(broker->recovery().queues, 200u);
    EXPECT_EQ(broker->recovery().ready_messages, 200u);
    EXPECT_EQ(here->ready("q77"), 1u);
}

}  // namespace
}  // namespace varve
