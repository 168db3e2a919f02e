// Streams: queues of the type stream, which are read and never consumed.
#include "server/broker/administration.h"
#include "tests/server/broker/restarting_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using testing::ElementsAre;
using testing::SizeIs;
using Kind = ReaderStart::Kind;

constexpr ReaderStart kFirst{.kind = Kind::first};

FieldTable stream(FieldTable arguments = {}) {
    arguments.set("x-queue-type", FieldValue::string("stream"));
    return arguments;
}

// By the shard that publishes and reads; the stream lives on one of the two.
class Streams : public RestartingBroker {
protected:
    Streams() { session_->queue("s", stream()); }
    // What is in it: so many messages, and no more.
    std::vector<std::string> bodies(size_t count, const std::string& queue = "s") {
        const auto reader = must(session_->consume(queue, {.prefetch = 1000, .read_from = kFirst}));
        auto read = bodies_of(reader->take(count));
        broker_->quiesce();
        EXPECT_EQ(reader->waiting_count(), 0u);
        session_->cancel(reader);
        return read;
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, Streams, testing::Values(0, 1));

TEST_P(Streams, KeepEveryMessageOverACrash) {
    must(session_->publish({.key = "s", .body = "1"}));
    must(session_->publish({.key = "s", .body = "2", .persistent = false}));

    crash();

    EXPECT_THAT(bodies(2), ElementsAre("1", "2"));
    EXPECT_EQ(session_->ready("s"), 2u);
    must(session_->publish({.key = "s", .body = "3"}));
    EXPECT_THAT(bodies(3), ElementsAre("1", "2", "3"));
}

TEST_P(Streams, AreReadByManyAtOnce) {
    const auto one = must(session_->consume("s", {.prefetch = 10}));
    const auto two = must(session_->consume("s", {.prefetch = 10}));

    session_->send("s", {"1", "2"});

    EXPECT_THAT(bodies_of(one->take(2)), ElementsAre("1", "2"));
    EXPECT_THAT(bodies_of(two->take(2)), ElementsAre("1", "2"));
    EXPECT_EQ(session_->ready("s"), 2u);
}

TEST_P(Streams, LoseTheirOldestByTheirLimitAndByPolicy) {
    std::vector<TestMessage> messages(300, {.key = "s", .body = std::string(1000, 'x')});
    for (int round = 0; round < 5; ++round) {
        session_->publish_unconfirmed(messages);
        broker_->quiesce();
    }
    must(broker_->engine().checkpoint());
    EXPECT_EQ(session_->ready("s"), 1500u);
    const FieldTable limit{{"max-length-bytes", FieldValue::integer(400'000)}};

    must(broker_->await(0,
                        broker_->policies().put({.vhost = "/",
                                                 .name = "short",
                                                 .pattern = "^s$",
                                                 .apply_to = PolicyTarget::streams,
                                                 .definition = limit.encode()})));
    must(broker_->engine().checkpoint());

    EXPECT_LT(session_->ready("s"), 700u);
    EXPECT_GE(session_->ready("s"), 300u);
    EXPECT_THAT(bodies(session_->ready("s")), SizeIs(session_->ready("s")));
}

TEST_P(Streams, LoseWhatIsTooOld) {
    session_->queue("aging", stream({{"x-max-age", FieldValue::string("1h")}}));
    must(session_->publish({.key = "aging", .body = "old"}));
    home_.clock.advance(std::chrono::hours(2));
    must(session_->publish({.key = "aging", .body = "new"}));

    must(broker_->engine().checkpoint());

    EXPECT_THAT(bodies(1, "aging"), ElementsAre("new"));
}

TEST_P(Streams, AreNotForConsumersOfQueues) {
    EXPECT_EQ(text_of(session_->purge("s")),
              "queue.purge not supported by stream queues queue 's' in vhost '/'");
    EXPECT_EQ(text_of(session_->consume("s")),
              "consumer prefetch count is not set for stream queue 's' in vhost '/'");
    EXPECT_EQ(text_of(session_->consume("s", {.prefetch = 1, .no_ack = true})),
              "automatic acknowledgement not supported by stream queues queue 's' in vhost '/'");
    EXPECT_EQ(text_of(broker_->await(GetParam(),
                                     broker_->at(GetParam()).get(session_->context(), "s", false))),
              "basic.get not supported by stream queues queue 's' in vhost '/'");
}

TEST_P(Streams, CanBeTheDefaultTypeOfAVhost) {
    must(broker_->await(0,
                        broker_->at(0).administration().put_vhost(
                            {.name = "/", .default_queue_type = "stream"}, IfThere::change)));
    session_->queue("durable");
    must(session_->publish({.key = "durable", .body = "1"}));

    EXPECT_THAT(bodies(1, "durable"), ElementsAre("1"));
}

TEST_P(Streams, GoWithWhatIsInThem) {
    session_->send("s", {"1"});

    EXPECT_EQ(must(session_->remove("s")), 0u);
    session_->queue("s", stream());

    crash();
    EXPECT_THAT(bodies(0), ElementsAre());
}

}  // namespace
}  // namespace varve
