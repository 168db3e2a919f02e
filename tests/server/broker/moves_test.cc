// Dead letters and transactions: a message is in exactly one place, whatever happens (P7).
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;
using ::testing::ElementsAre;

FieldTable to_dead(const FieldTable& more = {}) {
    FieldTable arguments = more;
    arguments.set("x-dead-letter-exchange", FieldValue::string(""));
    arguments.set("x-dead-letter-routing-key", FieldValue::string("dead"));
    return arguments;
}

class Moves : public ::testing::Test {
protected:
    void begin() {
        broker_ = std::make_unique<RunningBroker>(home_);
        session_ = std::make_unique<BrokerSession>(*broker_);
    }
    void crash() {
        session_->abandon();
        session_.reset();
        broker_->crash();
        broker_.reset();
        begin();
    }
    void SetUp() override { begin(); }
    void TearDown() override { session_.reset(); }
    std::vector<Received> take_all(const std::string& queue) {
        std::vector<Received> all;
        while (auto got = session_->get(queue)) all.push_back(*got);
        return all;
    }

    BrokerHome home_;
    std::unique_ptr<RunningBroker> broker_;
    std::unique_ptr<BrokerSession> session_;
};

TEST_F(Moves, RejectedMessageGoesToTheDeadLetterExchange) {
    session_->queue("dead");
    session_->queue("work", to_dead());
    session_->send("work", {"bad"});
    session_->settle(session_->get("work").value(), SettleAction::reject);

    const Received dead = session_->get("dead").value();
    EXPECT_EQ(dead.body, "bad");
    EXPECT_EQ(dead.headers().string("x-first-death-reason"), "rejected");
    EXPECT_EQ(dead.routing_key, "dead");
    EXPECT_EQ(session_->ready("work"), 0u);
}

TEST_F(Moves, ExpiredMessageGoesThereToo) {
    session_->queue("dead");
    session_->queue("work", to_dead({{"x-message-ttl", FieldValue::integer(10)}}));
    session_->send("work", {"late"});
    home_.clock.advance(milliseconds(20));
    while (session_->ready("dead") == 0) broker_->quiesce();
    EXPECT_EQ(session_->get("dead").value().headers().string("x-last-death-reason"), "expired");
}

TEST_F(Moves, TransientMessagesMoveAsWell) {
    session_->queue("dead");
    session_->queue("work", to_dead());
    must(session_->publish({.key = "work", .body = "light", .persistent = false}));
    session_->settle(session_->get("work").value(), SettleAction::reject);
    EXPECT_EQ(session_->get("dead").value().body, "light");
}

TEST_F(Moves, WithoutADeadLetterExchangeTheRejectedAreGone) {
    session_->queue("work");
    session_->send("work", {"bad"});
    session_->settle(session_->get("work").value(), SettleAction::reject);
    must(session_->transact({}));
    crash();
    EXPECT_FALSE(session_->get("work"));
}

TEST_F(Moves, MissingDeadLetterExchangeDropsThem) {
    session_->queue("work", {{"x-dead-letter-exchange", FieldValue::string("nowhere")}});
    session_->send("work", {"bad"});
    session_->settle(session_->get("work").value(), SettleAction::reject);
    EXPECT_EQ(must(session_->status("work")).unsettled, 0u);
}

TEST_F(Moves, RetryLoopByTimeLimitGoesRoundWhileItIsRejected) {
    session_->queue("work",
                    {{"x-dead-letter-exchange", FieldValue::string("")},
                     {"x-dead-letter-routing-key", FieldValue::string("pause")}});
    session_->queue("pause",
                    {{"x-dead-letter-exchange", FieldValue::string("")},
                     {"x-dead-letter-routing-key", FieldValue::string("work")},
                     {"x-message-ttl", FieldValue::integer(50)}});
    session_->send("work", {"again"});
    for (int round = 1; round <= 3; ++round) {
        session_->settle(session_->get("work").value(), SettleAction::reject);
        home_.clock.advance(milliseconds(60));
        while (session_->ready("work") == 0) broker_->quiesce();
    }
    const Received back = session_->get("work").value();
    const auto deaths = *back.headers().find("x-death")->as_array();
    ASSERT_EQ(deaths.size(), 2u);
    EXPECT_EQ(deaths[0].as_table()->string("reason"), "expired");
    EXPECT_EQ(deaths[0].as_table()->integer("count"), 3);
    EXPECT_EQ(deaths[1].as_table()->string("reason"), "rejected");
    EXPECT_EQ(deaths[1].as_table()->integer("count"), 3);
}

TEST_F(Moves, CircleOfTimeLimitsAloneEnds) {
    session_->queue("a",
                    {{"x-dead-letter-exchange", FieldValue::string("")},
                     {"x-dead-letter-routing-key", FieldValue::string("b")},
                     {"x-message-ttl", FieldValue::integer(10)}});
    session_->queue("b",
                    {{"x-dead-letter-exchange", FieldValue::string("")},
                     {"x-dead-letter-routing-key", FieldValue::string("a")},
                     {"x-message-ttl", FieldValue::integer(10)}});
    session_->send("a", {"round"});
    home_.clock.advance(milliseconds(20));
    while (session_->ready("b") == 0) broker_->quiesce();
    home_.clock.advance(milliseconds(20));
    while (session_->ready("b") != 0) broker_->quiesce();
    EXPECT_EQ(session_->ready("a"), 0u);
}

TEST_F(Moves, WhereverThePowerGoesTheMessageIsInOnePlace) {
    for (int round = 0; round < 20; ++round) {
        session_->queue("dead");
        session_->queue("work", to_dead());
        for (int i = 0; i < 10; ++i)
            must(session_->publish({.key = "work", .body = std::to_string(i)}));
        for (const Received& record : take_all("work")) {
            const Settlement reject = BrokerSession::settlement(record, SettleAction::reject);
            broker_->call(0, [&] { broker_->at(0).settle({&reject, 1}); });
            // The power goes while some are on their way.
            if (home_.rng.one_in(6)) break;
        }
        home_.disk->cut_power_at(home_.disk->event_count() + home_.rng.below(6));
        crash();

        std::multiset<std::string> found;
        for (const char* queue : {"work", "dead"}) {
            for (const Received& record : take_all(queue)) found.insert(record.body);
        }
        EXPECT_EQ(found.size(), 10u) << "round " << round;
        for (int i = 0; i < 10; ++i)
            EXPECT_EQ(found.count(std::to_string(i)), 1u) << "round " << round;
        must(session_->remove("work"));
        must(session_->remove("dead"));
    }
}

TEST_F(Moves, TransactionTakesTheDeadLettersOfItsRejectionsAlong) {
    for (int round = 0; round < 24; ++round) {
        session_->queue("dead");
        session_->queue("from", to_dead());
        session_->queue("one");
        session_->send("from", {"bad", "good", "worse"});
        std::vector<Settlement> settled;
        for (const Received& record : take_all("from")) {
            const auto action = record.body == "good" ? SettleAction::ack : SettleAction::reject;
            settled.push_back(BrokerSession::settlement(record, action));
        }
        home_.disk->cut_power_at(home_.disk->event_count() + home_.rng.below(6));
        const auto outcome = session_->transact({{.key = "one", .body = "1"}}, settled);
        crash();

        const uint64_t done = session_->ready("one");
        EXPECT_EQ(session_->ready("dead"), 2 * done) << "round " << round;
        EXPECT_EQ(session_->ready("from"), 3 * (1 - done)) << "round " << round;
        EXPECT_TRUE(!outcome || done == 1u) << "round " << round;
        for (const char* queue : {"from", "dead", "one"}) must(session_->remove(queue));
    }
}

TEST_F(Moves, TransactionIsThereAsAWholeOrNotAtAll) {
    for (int round = 0; round < 20; ++round) {
        session_->queue("from");
        session_->queue("one");
        session_->queue("two");
        session_->send("from", {"old"});
        const Received old = session_->get("from").value();

        home_.disk->cut_power_at(home_.disk->event_count() + home_.rng.below(4));
        const auto outcome =
            session_->transact({{.key = "one", .body = "1"}, {.key = "two", .body = "2"}},
                               {BrokerSession::settlement(old, SettleAction::ack)});
        crash();

        const uint64_t moved = session_->ready("one");
        EXPECT_EQ(session_->ready("two"), moved) << "round " << round;
        EXPECT_EQ(session_->ready("from"), 1 - moved) << "round " << round;
        EXPECT_TRUE(!outcome || moved == 1u) << "round " << round;
        for (const char* queue : {"from", "one", "two"}) must(session_->remove(queue));
    }
}

}  // namespace
}  // namespace varve
