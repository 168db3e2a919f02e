// Messages that wait until they are due, through a whole broker of two shards.
#include "server/broker/delay.h"
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

using namespace std::chrono_literals;
using amqp::FieldTable;
using amqp::FieldValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DelayedExchange : public ::testing::Test {
protected:
    void SetUp() override {
        begin();
        declare("x", "direct");
        here->queue("q");
        must(here->bind("x", "q", "k"));
    }
    void begin() {
        broker = std::make_unique<RunningBroker>(home);
        here = std::make_unique<BrokerSession>(*broker, 0);
        there = std::make_unique<BrokerSession>(*broker, 1);
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
    void declare(const std::string& name, const std::string& type) {
        must(here->declare(ExchangeDeclaration{
            .name = name,
            .type = "x-delayed-message",
            .durable = true,
            .arguments = FieldTable{{"x-delayed-type", FieldValue::string(type)}}.encode()}));
    }
    static TestMessage message(const std::string& body, std::chrono::milliseconds delay) {
        return {.exchange = "x",
                .key = "k",
                .body = body,
                .headers = {{"x-delay", FieldValue::integer(delay.count())}}};
    }
    void send(const std::string& body, std::chrono::milliseconds delay) {
        must(here->publish(message(body, delay)));
    }
    uint64_t waiting() {
        const QueueStatus status = must(here->status(delay_queue_name("x")));
        return status.ready + status.unsettled;
    }

    BrokerHome home;
    std::unique_ptr<RunningBroker> broker;
    std::unique_ptr<BrokerSession> here;   // on shard 0
    std::unique_ptr<BrokerSession> there;  // on shard 1
};

TEST_F(DelayedExchange, RoutesWhenTheTimeHasComeAndNotBefore) {
    const auto consumer = must(here->consume("q"));
    send("m", 1000ms);
    EXPECT_EQ(waiting(), 1u);

    home.clock.advance(999ms);
    broker->quiesce();
    EXPECT_EQ(consumer->waiting_count(), 0u);
    home.clock.advance(1ms);

    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("m"));
    broker->quiesce();
    EXPECT_EQ(waiting(), 0u);
}

TEST_F(DelayedExchange, GivesMessagesInTheOrderOfTheirTime) {
    const auto consumer = must(here->consume("q"));
    send("late", 100'000ms);
    send("early", 50ms);
    send("between", 33'000ms);

    std::vector<std::string> order;
    for (const auto step : {50ms, 32'950ms, 67'000ms}) {
        home.clock.advance(step);
        for (const auto& received : consumer->take(1)) order.push_back(received.body);
    }

    EXPECT_THAT(order, ElementsAre("early", "between", "late"));
}

TEST_F(DelayedExchange, KeepsConfirmedMessagesOverACrash) {
    send("kept", 5000ms);
    TestMessage passing = message("gone", 5000ms);
    passing.persistent = false;
    must(there->publish(passing));

    crash();

    EXPECT_EQ(waiting(), 1u);
    const auto consumer = must(here->consume("q"));
    home.clock.advance(5000ms);
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("kept"));
}

TEST_F(DelayedExchange, IsInOneStageOfItsWaitAfterACrash) {
    for (int i = 0; i < 5; ++i) send(std::to_string(i), 1000ms);
    home.clock.advance(992ms);  // the first stage of 1000 ms ends
    broker->quiesce();

    crash();

    EXPECT_EQ(waiting(), 5u);
    const auto consumer = must(here->consume("q"));
    home.clock.advance(8ms);
    EXPECT_THAT(bodies_of(consumer->take(5)), ElementsAre("0", "1", "2", "3", "4"));
    broker->quiesce();
    EXPECT_EQ(waiting(), 0u);
    EXPECT_EQ(consumer->waiting_count(), 0u);
}

TEST_F(DelayedExchange, TheLastMomentsAreWaitedForWithoutAnotherWrite) {
    const auto consumer = must(here->consume("q"));
    send("later", 1010ms);
    send("sooner", 1000ms);  // both have stages of 992 ms
    broker->quiesce();
    const uint64_t events = home.disk->event_count();
    home.clock.advance(995ms);
    broker->quiesce();
    EXPECT_EQ(home.disk->event_count(), events);
    EXPECT_EQ(waiting(), 2u);

    home.clock.advance(5ms);
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("sooner"));
    EXPECT_EQ(consumer->waiting_count(), 0u);
    home.clock.advance(10ms);
    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("later"));
    broker->quiesce();
    EXPECT_EQ(waiting(), 0u);
}

TEST_F(DelayedExchange, WhereverThePowerGoesTheMessageIsInOnePlace) {
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 10; ++i) send(std::to_string(i), std::chrono::milliseconds(30 + i));
        // Some end a stage of their wait, some are routed, while the power goes.
        home.disk->cut_power_at(home.disk->event_count() + home.rng.below(6));
        home.clock.advance(std::chrono::milliseconds(30 + home.rng.below(10)));
        // Sometimes a shard has had a turn since.
        if (home.rng.one_in(2)) broker->call(0, [] { return 0; });
        crash();

        const auto consumer = must(here->consume("q"));
        home.clock.advance(100ms);
        std::vector<std::string> found;
        for (const Received& record : consumer->take(10)) {
            found.push_back(record.body);
            here->settle(record, SettleAction::ack, consumer);
        }
        broker->quiesce();
        EXPECT_EQ(consumer->waiting_count(), 0u) << "round " << round;
        EXPECT_EQ(waiting(), 0u) << "round " << round;
        std::ranges::sort(found);
        EXPECT_THAT(found, ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"))
            << "round " << round;
    }
}

TEST_F(DelayedExchange, GivesAtOnceWhatBecameDueWhileItWasDown) {
    send("m", 10s);
    home.clock.advance(1min);
    crash();
    EXPECT_THAT(bodies_of(must(here->consume("q"))->take(1)), ElementsAre("m"));
}

TEST_F(DelayedExchange, KeepsTransientMessagesInMemoryUntilTheyAreDue) {
    const auto consumer = must(here->consume("q"));
    TestMessage passing = message("m", 100ms);
    passing.persistent = false;
    must(there->publish(passing));

    home.clock.advance(100ms);

    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("m"));
}

TEST_F(DelayedExchange, RoutesAtOnceWithoutADelay) {
    must(here->publish({.exchange = "x", .key = "k", .body = "none"}));
    send("negative", -5ms);
    send("zero", 0ms);
    EXPECT_EQ(waiting(), 0u);
    EXPECT_EQ(here->ready("q"), 3u);
    EXPECT_EQ(must(here->publish({.exchange = "x", .key = "other"})), PublishOutcome::unroutable);
}

TEST_F(DelayedExchange, SaysThatTheDelayIsOverAndHidesBcc) {
    const auto consumer = must(here->consume("q"));
    const auto array = [](const char* key) {
        return FieldValue{amqp::FieldArray{FieldValue::string(key)}};
    };
    here->queue("bcc");
    must(here->bind("x", "bcc", "hidden"));
    const auto hidden = must(here->consume("bcc"));
    TestMessage m = message("m", 40ms);
    m.headers.set("BCC", array("hidden"));
    must(here->publish(m));

    home.clock.advance(40ms);

    for (const auto& to : {consumer, hidden}) {
        const auto received = to->take(1);
        ASSERT_EQ(received.size(), 1u);
        EXPECT_EQ(received[0].headers().integer("x-delay"), -40);
        EXPECT_EQ(received[0].headers().find("BCC"), nullptr);
        EXPECT_EQ(received[0].routing_key, "k");
    }
}

TEST_F(DelayedExchange, RoutesByTheBindingsOfTheTimeWhenItIsDue) {
    send("m", 100ms);
    must(here->unbind("x", "q", "k"));
    here->queue("later");
    must(here->bind("x", "later", "k"));
    const auto consumer = must(here->consume("later"));

    home.clock.advance(100ms);

    EXPECT_THAT(bodies_of(consumer->take(1)), ElementsAre("m"));
    EXPECT_EQ(here->ready("q"), 0u);
}

TEST_F(DelayedExchange, TakesItsMessagesAlongWhenItIsDeleted) {
    send("m", 100ms);
    must(broker->await(0, broker->at(0).delete_exchange(here->context(), "x", false)));
    EXPECT_EQ(here->status(delay_queue_name("x")).error().code, ErrorCode::not_found);
    crash();
    EXPECT_EQ(here->status(delay_queue_name("x")).error().code, ErrorCode::not_found);
}

TEST_F(DelayedExchange, NobodyElseUsesItsQueue) {
    const std::string name = delay_queue_name("x");
    send("m", 100ms);
    EXPECT_EQ(here->consume(name).error().code, ErrorCode::access_refused);
    EXPECT_EQ(here->purge(name).error().code, ErrorCode::access_refused);
    EXPECT_EQ(here->remove(name).error().code, ErrorCode::access_refused);
    EXPECT_EQ(here->bind("amq.fanout", name).error().code, ErrorCode::access_refused);
    EXPECT_EQ(must(here->publish({.key = name})), PublishOutcome::unroutable);
    EXPECT_EQ(waiting(), 1u);
}

TEST_F(DelayedExchange, WantsATypeThatThereIs) {
    for (const FieldTable& arguments :
         {FieldTable{},
          FieldTable{{"x-delayed-type", FieldValue::string("x-delayed-message")}},
          FieldTable{{"x-delayed-type", FieldValue::string("nobody")}}}) {
        const auto outcome = here->declare(ExchangeDeclaration{
            .name = "y", .type = "x-delayed-message", .arguments = arguments.encode()});
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::precondition);
        EXPECT_EQ(outcome.error().detail,
                  "Invalid argument, 'x-delayed-type' must be an existing exchange type");
    }
}

}  // namespace
}  // namespace varve
