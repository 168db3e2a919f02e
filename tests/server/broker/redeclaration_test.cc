// What a vhost makes of declaring a queue: its default type, and changed arguments in a relaxed
// one.
#include "server/broker/redeclaration.h"

#include "server/broker/administration.h"
#include "server/broker/inventory.h"
#include "tests/server/broker/restarting_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using testing::ElementsAre;
using testing::HasSubstr;

FieldTable length(int64_t messages) {
    return {{"x-max-length", FieldValue::integer(messages)},
            {"x-overflow", FieldValue::string("drop-head")}};
}

QueueDeclaration durable(const FieldTable& arguments) {
    return {.name = "q", .durable = true, .arguments = arguments.encode()};
}

// By the shard that declares: that of the decisions, and another.
class Redeclaring : public RestartingBroker {
protected:
    void change_vhost(VhostFacts facts) {
        must(broker_->await(
            0, broker_->at(0).administration().put_vhost(std::move(facts), IfThere::change)));
    }
    void relax() { change_vhost({.name = "/", .relaxed_redeclare = true}); }
    FieldTable arguments(const std::string& queue = "q") {
        const auto listed = broker_->await(0, broker_->inventory().queue("/", queue));
        return must(FieldTable::decode(listed->spec->arguments));
    }
    std::string refusal(const QueueDeclaration& queue) {
        const auto declared = session_->declare(queue);
        return declared ? "declared" : declared.error().detail;
    }
    std::vector<std::string> drained() {
        std::vector<std::string> bodies;
        while (auto next = session_->get("q", true)) bodies.push_back(next->body);
        return bodies;
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, Redeclaring, testing::Values(0, 1));

TEST_P(Redeclaring, ChangesNothingUnlessTheVhostIsRelaxed) {
    must(session_->declare(durable(length(5))));

    EXPECT_EQ(
        refusal(durable(length(2))),
        "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received '2' but current "
        "is '5'");
    EXPECT_EQ(arguments(), length(5));
}

TEST_P(Redeclaring, AppliesWhatCanChangeAtOnceAndForGood) {
    relax();
    must(session_->declare(durable(length(5))));
    session_->send("q", {"1", "2", "3", "4"});

    must(session_->declare(durable(length(2))));

    session_->send("q", {"5"});
    crash();
    session_->send("q", {"6"});
    EXPECT_EQ(arguments(), length(2));
    EXPECT_THAT(drained(), ElementsAre("5", "6"));
}

TEST_P(Redeclaring, TakesAwayWhatIsNotAskedForAnyMore) {
    relax();
    must(session_->declare(durable(length(1))));
    must(session_->declare(durable({})));

    session_->send("q", {"1", "2"});

    EXPECT_THAT(drained(), ElementsAre("1", "2"));
}

TEST_P(Redeclaring, ChangesATransientQueueToo) {
    relax();
    must(session_->declare(QueueDeclaration{.name = "q", .arguments = length(5).encode()}));
    must(session_->declare(QueueDeclaration{.name = "q", .arguments = length(1).encode()}));

    session_->send("q", {"1", "2"});

    EXPECT_THAT(drained(), ElementsAre("2"));
}

TEST_P(Redeclaring, RefusesWhatAQueueCannotBecome) {
    relax();
    must(session_->declare(durable({})));

    EXPECT_THAT(refusal({.name = "q"}), HasSubstr("inequivalent arg 'durable'"));
    EXPECT_THAT(refusal(durable({{"x-queue-type", FieldValue::string("quorum")}})),
                HasSubstr("inequivalent arg 'x-queue-type'"));
    EXPECT_THAT(refusal(durable({{"x-max-priority", FieldValue::integer(3)}})),
                HasSubstr("inequivalent arg 'x-max-priority'"));
    EXPECT_THAT(refusal(durable({{"x-single-active-consumer", FieldValue::boolean(true)}})),
                HasSubstr("inequivalent arg 'x-single-active-consumer'"));
    EXPECT_THAT(refusal(durable({{"x-max-length", FieldValue::integer(-1)}})),
                HasSubstr("invalid arg 'x-max-length'"));
}

TEST_P(Redeclaring, AskingForTheSameIsNoChange) {
    relax();
    must(session_->declare(durable(length(5))));
    const auto before = broker_->await(0, broker_->inventory().queue("/", "q"))->spec;

    must(session_->declare(durable(length(5))));

    EXPECT_EQ(broker_->await(0, broker_->inventory().queue("/", "q"))->spec, before);
}

TEST_P(Redeclaring, APolicyStillCounts) {
    relax();
    must(session_->declare(durable(length(5))));
    must(broker_->await(
        0,
        broker_->policies().put(
            {.vhost = "/",
             .name = "short",
             .pattern = "^q$",
             .definition = FieldTable{{"max-length", FieldValue::integer(3)}}.encode()})));

    must(session_->declare(durable(length(4))));

    session_->send("q", {"1", "2", "3", "4"});
    EXPECT_THAT(drained(), ElementsAre("2", "3", "4"));
}

TEST_P(Redeclaring, ADeadLetterExchangeNeedsItsRights) {
    relax();
    must(session_->declare(durable({})));
    UserChange user;
    user.name = "u";
    must(broker_->await(0, broker_->at(0).administration().put_user(std::move(user))));
    must(broker_->await(
        0, broker_->at(0).administration().set_permission({"u", "/", "^q$", "", "^q$"})));
    BrokerSession other(*broker_, "u", "/", GetParam());

    const auto declared =
        other.declare(durable({{"x-dead-letter-exchange", FieldValue::string("amq.fanout")}}));

    ASSERT_FALSE(declared);
    EXPECT_EQ(declared.error().detail,
              "access to exchange 'amq.fanout' in vhost '/' refused for user 'u'");
}

TEST_P(Redeclaring, ADurableQueueWithoutATypeGetsTheVhosts) {
    change_vhost({.name = "/", .default_queue_type = "quorum"});
    must(session_->declare(durable({})));
    must(session_->declare(QueueDeclaration{.name = "transient"}));
    must(session_->declare(QueueDeclaration{.name = "own", .durable = true, .exclusive = true}));

    EXPECT_EQ(arguments().string("x-queue-type"), "quorum");
    EXPECT_FALSE(arguments("transient").string("x-queue-type"));
    EXPECT_FALSE(arguments("own").string("x-queue-type"));
    EXPECT_EQ(refusal(durable({})), "declared");
}

TEST_P(Redeclaring, AQueueKeepsItsTypeWhenTheDefaultChanges) {
    must(session_->declare(durable({})));

    change_vhost({.name = "/", .default_queue_type = "quorum"});

    EXPECT_EQ(refusal(durable({})), "declared");
    EXPECT_THAT(refusal(durable({{"x-queue-type", FieldValue::string("quorum")}})),
                HasSubstr("inequivalent arg 'x-queue-type'"));
    EXPECT_FALSE(arguments().string("x-queue-type"));
}

TEST(DefaultQueueType, HasToBeOneThatThereIs) {
    BrokerHome home;
    RunningBroker broker(home);
    const auto put = [&](const std::string& type) {
        const auto done =
            broker.await(0,
                         broker.at(0).administration().put_vhost(
                             {.name = "v", .default_queue_type = type}, IfThere::change));
        return done ? "added" : done.error().detail;
    };

    EXPECT_EQ(put("classic"), "added");
    EXPECT_EQ(put("quorum"), "added");
    EXPECT_EQ(put("stream"), "added");
    EXPECT_EQ(put("fast"), "default queue type 'fast' is not known: classic, quorum or stream");
}

}  // namespace
}  // namespace varve
