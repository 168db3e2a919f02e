// The exchange types beyond AMQP's four, through a whole broker of two shards.
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Target = BindingDeclaration::Target;

class ExchangeTypes : public ::testing::Test {
protected:
    // Everything begins anew but the disk.
    void restart() {
        here.reset();
        there.reset();
        broker.reset();
        SetUp();
    }
    void SetUp() override {
        broker = std::make_unique<RunningBroker>(home);
        here = std::make_unique<BrokerSession>(*broker, 0);
        there = std::make_unique<BrokerSession>(*broker, 1);
    }
    Result<void> declare(const std::string& name,
                         const std::string& type,
                         const FieldTable& arguments = {}) {
        return here->declare(ExchangeDeclaration{
            .name = name, .type = type, .durable = true, .arguments = arguments.encode()});
    }
    void bound_queue(const std::string& exchange,
                     const std::string& queue,
                     const std::string& key = "") {
        here->queue(queue);
        must(here->bind(exchange, queue, key));
    }
    void send(const std::vector<std::string>& bodies, const FieldTable& headers = {}) {
        for (const std::string& body : bodies) {
            home.clock.advance(std::chrono::milliseconds(1));
            must(here->publish({.exchange = "x", .body = body, .headers = headers}));
        }
    }
    std::vector<std::string> bodies(const std::string& queue) {
        std::vector<std::string> found;
        while (const auto got = here->get(queue, true)) found.push_back(got->body);
        return found;
    }
    static std::string refusal(const Result<void>& outcome) {
        EXPECT_FALSE(outcome);
        if (outcome) return "";
        EXPECT_EQ(outcome.error().code, ErrorCode::precondition);
        return outcome.error().detail;
    }

    BrokerHome home;
    std::unique_ptr<RunningBroker> broker;
    std::unique_ptr<BrokerSession> here;   // on shard 0
    std::unique_ptr<BrokerSession> there;  // on shard 1
};

TEST_F(ExchangeTypes, RandomGoesToOneOfAllWhateverTheKey) {
    must(declare("x", "x-random"));
    for (const char* queue : {"a", "b", "c"}) bound_queue("x", queue, queue);

    for (int i = 0; i < 90; ++i) must(here->publish({.exchange = "x", .key = "other"}));

    uint64_t all = 0;
    for (const char* queue : {"a", "b", "c"}) {
        EXPECT_GT(here->ready(queue), 10u);
        all += here->ready(queue);
    }
    EXPECT_EQ(all, 90u);
}

TEST_F(ExchangeTypes, RandomWithoutBindingsGoesNowhere) {
    must(declare("x", "x-random"));
    EXPECT_EQ(must(here->publish({.exchange = "x"})), PublishOutcome::unroutable);
}

TEST_F(ExchangeTypes, HistoryIsGivenToWhoIsBoundLater) {
    must(declare("x", "x-recent-history", {{"x-recent-history-length", FieldValue::integer(3)}}));
    bound_queue("x", "early");
    send({"1", "2", "3", "4", "5"});

    bound_queue("x", "late");
    send({"6"});

    EXPECT_THAT(bodies("early"), ElementsAre("1", "2", "3", "4", "5", "6"));
    EXPECT_THAT(bodies("late"), ElementsAre("3", "4", "5", "6"));
}

TEST_F(ExchangeTypes, HistoryIsTheNewestOfAllShardsInOrder) {
    must(declare("x", "x-recent-history", {{"x-recent-history-length", FieldValue::integer(4)}}));
    for (int i = 0; i < 6; ++i) {
        home.clock.advance(std::chrono::milliseconds(1));
        BrokerSession& publisher = i % 2 == 0 ? *here : *there;
        must(publisher.publish({.exchange = "x", .body = std::to_string(i)}));
    }

    there->queue("late");
    must(there->bind("x", "late"));

    EXPECT_EQ(there->ready("late"), 4u);
    EXPECT_THAT(bodies("late"), ElementsAre("2", "3", "4", "5"));
}

TEST_F(ExchangeTypes, HistoryIsTwentyMessagesUnlessItSaysOtherwise) {
    must(declare("x", "x-recent-history"));
    for (int i = 0; i < 25; ++i) send({"m"});

    bound_queue("x", "late");

    EXPECT_EQ(here->ready("late"), 20u);
}

TEST_F(ExchangeTypes, MessageThatDoesNotWantToBeRememberedIsNot) {
    must(declare("x", "x-recent-history"));
    send({"kept"}, {{"x-recent-history-no-store", FieldValue::boolean(false)}});
    send({"not kept"}, {{"x-recent-history-no-store", FieldValue::boolean(true)}});

    bound_queue("x", "late");

    EXPECT_THAT(bodies("late"), ElementsAre("kept"));
}

TEST_F(ExchangeTypes, BindingAgainGivesNoHistoryAgain) {
    must(declare("x", "x-recent-history"));
    send({"1"});
    bound_queue("x", "late");
    must(here->bind("x", "late"));

    EXPECT_THAT(bodies("late"), ElementsAre("1"));
}

TEST_F(ExchangeTypes, HistoryGoesThroughAnExchangeThatIsBound) {
    must(declare("x", "x-recent-history"));
    must(declare("next", "fanout"));
    bound_queue("next", "q");
    send({"1"});

    must(broker->await(
        0,
        broker->at(0).bind(here->context(),
                           {.source = "x", .target = Target::exchange, .destination = "next"})));

    EXPECT_THAT(bodies("q"), ElementsAre("1"));
}

TEST_F(ExchangeTypes, HistoryIsForgottenByARestart) {
    must(declare("x", "x-recent-history"));
    bound_queue("x", "early");
    send({"1"});
    restart();

    bound_queue("x", "late");

    EXPECT_EQ(here->ready("early"), 1u);
    EXPECT_EQ(here->ready("late"), 0u);
}

TEST_F(ExchangeTypes, HistoryLengthIsAPositiveInteger) {
    for (const FieldValue& length : {FieldValue::integer(0), FieldValue::string("3")}) {
        EXPECT_EQ(refusal(declare("x", "x-recent-history", {{"x-recent-history-length", length}})),
                  "Invalid argument, 'x-recent-history-length' must be a positive integer");
    }
}

TEST_F(ExchangeTypes, ConsistentHashSendsAKeyTheSameWayFromEveryShardAndAfterARestart) {
    must(declare("x", "x-consistent-hash"));
    for (int i = 0; i < 4; ++i) bound_queue("x", "q" + std::to_string(i), "1");
    const auto publish_all = [this](BrokerSession& session) {
        for (int key = 0; key < 40; ++key) {
            const std::string text = std::to_string(key);
            must(session.publish({.exchange = "x", .key = text, .body = text}));
        }
    };
    const auto taken = [this] {
        std::vector<std::vector<std::string>> all;
        for (int i = 0; i < 4; ++i) all.push_back(bodies("q" + std::to_string(i)));
        return all;
    };
    publish_all(*here);
    const auto first = taken();
    for (const auto& keys : first) EXPECT_FALSE(keys.empty());

    publish_all(*there);
    EXPECT_EQ(taken(), first);
    restart();
    publish_all(*there);
    EXPECT_EQ(taken(), first);
}

TEST_F(ExchangeTypes, ConsistentHashGoesByWhatItsArgumentNames) {
    must(declare("x", "x-consistent-hash", {{"hash-header", FieldValue::string("customer")}}));
    for (int i = 0; i < 4; ++i) bound_queue("x", "q" + std::to_string(i), "10");

    for (int key = 0; key < 20; ++key) {
        must(here->publish({.exchange = "x",
                            .key = std::to_string(key),
                            .headers = {{"customer", FieldValue::string("c")}}}));
    }

    std::vector<uint64_t> counts;
    for (int i = 0; i < 4; ++i) counts.push_back(here->ready("q" + std::to_string(i)));
    std::ranges::sort(counts);
    EXPECT_THAT(counts, ElementsAre(0, 0, 0, 20));
}

TEST_F(ExchangeTypes, ConsistentHashRefusesWhatMakesNoSense) {
    const FieldValue name = FieldValue::string("message_id");
    EXPECT_EQ(refusal(declare(
                  "x", "x-consistent-hash", {{"hash-header", name}, {"hash-property", name}})),
              "hash-header and hash-property are mutually exclusive");
    EXPECT_EQ(refusal(declare(
                  "x", "x-consistent-hash", {{"hash-property", FieldValue::string("app_id")}})),
              "Unsupported property: app_id");
    must(declare("x", "x-consistent-hash", {{"hash-property", name}}));
    here->queue("q");
    EXPECT_EQ(refusal(here->bind("x", "q", "often")),
              "The binding key must be an integer: <<\"often\">>");
    EXPECT_EQ(refusal(here->bind("x", "q", "0")), "The binding key must be greater than 0");
    must(here->bind("x", "q", "1"));
}

TEST_F(ExchangeTypes, ModulusHashSpreadsKeys) {
    must(declare("x", "x-modulus-hash"));
    for (int i = 0; i < 3; ++i) bound_queue("x", "q" + std::to_string(i));

    for (int key = 0; key < 30; ++key) {
        must(here->publish({.exchange = "x", .key = std::to_string(key)}));
        must(there->publish({.exchange = "x", .key = std::to_string(key)}));
    }

    for (int i = 0; i < 3; ++i) {
        const uint64_t count = here->ready("q" + std::to_string(i));
        EXPECT_GT(count, 0u);
        EXPECT_EQ(count % 2, 0u);  // each key came twice, the same way
    }
}

TEST_F(ExchangeTypes, UnknownTypeIsRefused) {
    EXPECT_EQ(refusal(declare("x", "x-nobody-knows")), "unknown exchange type 'x-nobody-knows'");
}

}  // namespace
}  // namespace varve
