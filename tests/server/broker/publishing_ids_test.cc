// Messages of publishers that number them: a stream takes each once.
#include "server/broker/publishing_ids.h"

#include "server/message/field_table.h"
#include "tests/server/broker/restarting_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using testing::ElementsAre;
using Admission = PublishingIds::Admission;
using Fate = PublishingIds::Fate;

FieldTable numbered(const std::string& publisher, int64_t id) {
    return {{"x-stream-publisher-name", FieldValue::string(publisher)},
            {"x-stream-publishing-id", FieldValue::integer(id)}};
}

class Deduplication : public RestartingBroker {
protected:
    Deduplication() {
        session_->queue("s", {{"x-queue-type", FieldValue::string("stream")}});
        session_->queue("q");
    }
    // Returns once it is confirmed.
    void send(const std::string& body, const FieldTable& headers, const std::string& queue = "s") {
        must(session_->publish({.key = queue, .body = body, .headers = headers}));
    }
    std::vector<std::string> bodies(const std::string& queue = "s") {
        broker_->quiesce();
        const auto reader = must(session_->consume(
            queue, {.prefetch = 1000, .read_from = ReaderStart{.kind = ReaderStart::Kind::first}}));
        auto read = bodies_of(reader->take(session_->ready(queue)));
        session_->cancel(reader);
        return read;
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, Deduplication, testing::Values(0, 1));

TEST_P(Deduplication, RepeatedIdIsConfirmedAndNotStoredAgain) {
    send("1", numbered("p", 1));
    send("1 again", numbered("p", 1));
    send("5", numbered("p", 5));
    send("3, late", numbered("p", 3));

    EXPECT_THAT(bodies(), ElementsAre("1", "5"));
}

TEST_P(Deduplication, WorksWithinOneTurn) {
    session_->publish_unconfirmed({{.key = "s", .body = "1", .headers = numbered("p", 1)},
                                   {.key = "s", .body = "1 again", .headers = numbered("p", 1)},
                                   {.key = "s", .body = "2", .headers = numbered("p", 2)}});

    EXPECT_THAT(bodies(), ElementsAre("1", "2"));
}

TEST_P(Deduplication, EachPublisherHasItsOwnNumbers) {
    send("p", numbered("p", 7));
    send("r", numbered("r", 7));

    EXPECT_THAT(bodies(), ElementsAre("p", "r"));
}

TEST_P(Deduplication, IsRememberedOverCrashesAndRestarts) {
    send("1", numbered("p", 1));
    crash();
    send("1 again", numbered("p", 1));
    send("2", numbered("p", 2));
    must(broker_->engine().checkpoint());
    restart();
    send("2 again", numbered("p", 2));

    EXPECT_THAT(bodies(), ElementsAre("1", "2"));
}

TEST_P(Deduplication, HoldsWhereverThePublisherConnects) {
    send("1", numbered("p", 1));
    BrokerSession other(*broker_, 1 - GetParam());
    must(other.publish({.key = "s", .body = "1 again", .headers = numbered("p", 1)}));
    must(other.publish({.key = "s", .body = "2", .headers = numbered("p", 2)}));
    send("2 again", numbered("p", 2));

    EXPECT_THAT(bodies(), ElementsAre("1", "2"));
}

TEST_P(Deduplication, IsForStreamsOnly) {
    send("1", numbered("p", 1), "q");
    send("1 again", numbered("p", 1), "q");

    EXPECT_THAT(bodies("q"), ElementsAre("1", "1 again"));
}

TEST_P(Deduplication, NeedsANameAndANumber) {
    send("a", {{"x-stream-publishing-id", FieldValue::integer(1)}});
    send("b", {{"x-stream-publishing-id", FieldValue::integer(1)}});
    send("c", numbered("", 1));
    send("d", numbered("p", -1));
    send("e", numbered("p", -1));

    EXPECT_THAT(bodies(), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_P(Deduplication, GoesWithItsStream) {
    send("1", numbered("p", 1));
    must(session_->remove("s"));
    session_->queue("s", {{"x-queue-type", FieldValue::string("stream")}});
    restart();
    send("1, of another stream", numbered("p", 1));

    EXPECT_THAT(bodies(), ElementsAre("1, of another stream"));
}

TEST_P(Deduplication, RemembersSoManyPublishersAndForgetsTheQuietest) {
    for (size_t i = 0; i < PublishingIds::kPublishersMax; ++i)
        send("first", numbered("p" + std::to_string(i), 1));
    send("again", numbered("p0", 1));
    send("one more", numbered("new", 1));
    send("again", numbered("p1", 1));  // whose place was taken
    restart();
    send("again", numbered("p0", 1));
    send("again", numbered("new", 1));

    EXPECT_EQ(session_->ready("s"), PublishingIds::kPublishersMax + 2);
}

TEST(PublishingIds, WhatAnotherShardHasOnItsWayIsUnclearUntilItIsDurable) {
    PublishingIds ids;
    EXPECT_EQ(ids.admit({"p", 5}, 0).admission, Admission::fresh);

    EXPECT_EQ(ids.admit({"p", 5}, 1).admission, Admission::unclear);
    EXPECT_EQ(ids.admit({"p", 4}, 1).admission, Admission::unclear);
    EXPECT_EQ(ids.admit({"p", 6}, 1).admission, Admission::fresh);
    ids.settle("p", 5, 0, Fate::durable);

    EXPECT_EQ(ids.admit({"p", 5}, 1).admission, Admission::known);
    EXPECT_EQ(ids.admit({"p", 6}, 0).admission, Admission::unclear);
}

TEST(PublishingIds, WhatWasLostMayComeAgain) {
    PublishingIds ids;
    EXPECT_EQ(ids.admit({"p", 5}, 0).admission, Admission::fresh);
    ids.settle("p", 5, 0, Fate::lost);

    EXPECT_EQ(ids.admit({"p", 5}, 1).admission, Admission::fresh);
}

TEST(PublishingIds, PublisherWithMessagesOnTheirWayIsNotForgotten) {
    PublishingIds ids;
    ids.admit({"busy", 1}, 0);
    for (size_t i = 1; i < PublishingIds::kPublishersMax; ++i) {
        const std::string name = "p" + std::to_string(i);
        ids.admit({name, 1}, 0);
        ids.settle(name, 1, 0, Fate::durable);
    }

    EXPECT_EQ(ids.admit({"new", 1}, 0).forgotten, "p1");
}

}  // namespace
}  // namespace varve
