// Readers: x-stream-offset on a queue shows what it has kept and what comes, and takes nothing.
#include "server/broker/argument_check.h"
#include "server/broker/reader_start.h"
#include "tests/server/broker/restarting_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldTimestamp;
using amqp::FieldValue;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = ReaderStart::Kind;

constexpr ReaderStart kFirst{.kind = Kind::first};

std::vector<int64_t> offsets_of(const std::vector<Received>& received) {
    std::vector<int64_t> offsets;
    for (const Received& each : received) offsets.push_back(each.key.offset.value);
    return offsets;
}

class Readers : public RestartingBroker {
protected:
    Readers() { session_->queue("q"); }
    std::shared_ptr<TestConsumer> read(const ReaderStart& from, uint32_t prefetch = 0) {
        return must(session_->consume("q", {.prefetch = prefetch, .read_from = from}));
    }
    void consume_all() {
        while (session_->get("q", true)) {
        }
        broker_->quiesce();
    }
    // What a reader gets that begins there: so many messages, and no more.
    std::vector<std::string> sent(const ReaderStart& from, size_t count) {
        const auto reader = read(from);
        auto bodies = bodies_of(reader->take(count));
        broker_->quiesce();
        EXPECT_EQ(reader->waiting_count(), 0u);
        session_->cancel(reader);
        return bodies;
    }
    // The client has answered `count` deliveries.
    void answer(const std::shared_ptr<TestConsumer>& reader, uint32_t count) {
        broker_->call(GetParam(), [&] {
            reader->port->consumer_credit->give_back(count);
            broker_->at(GetParam()).poke(reader->queue);
        });
    }
    std::string refusal(const std::string& queue) {
        const auto consumer = session_->consume(queue, {.read_from = kFirst});
        return consumer ? "reads" : consumer.error().detail;
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, Readers, testing::Values(0, 1));

TEST_P(Readers, SeeWhatWasConsumedAndThenWhatComes) {
    session_->send("q", {"1", "2"});
    consume_all();
    const auto reader = read(kFirst);
    const auto before = reader->take(2);

    session_->send("q", {"3"});

    const auto after = reader->take(1);
    EXPECT_THAT(bodies_of(before), ElementsAre("1", "2"));
    EXPECT_THAT(offsets_of(before), ElementsAre(0, 1));
    EXPECT_THAT(bodies_of(after), ElementsAre("3"));
    EXPECT_THAT(offsets_of(after), ElementsAre(2));
    EXPECT_FALSE(before[0].redelivered);
}

TEST_P(Readers, TakeNothingFromThoseWhoConsume) {
    const auto reader = read(kFirst);
    session_->send("q", {"1", "2"});
    EXPECT_THAT(reader->take(2), SizeIs(2));
    EXPECT_EQ(session_->ready("q"), 2u);
    EXPECT_EQ(must(session_->status("q")).unsettled, 0u);
    EXPECT_EQ(must(session_->status("q")).consumers, 0u);

    const auto consumer = must(session_->consume("q", {.exclusive = true}));

    const auto consumed = consumer->take(2);
    EXPECT_THAT(bodies_of(consumed), ElementsAre("1", "2"));
    EXPECT_FALSE(consumed[0].redelivered);
    session_->cancel(reader);
    EXPECT_EQ(must(session_->status("q")).unsettled, 2u);
}

TEST_P(Readers, BeginWhereTheyAreTold) {
    session_->send("q", {"0", "1", "2", "3"});
    consume_all();

    EXPECT_THAT(sent(kFirst, 4), ElementsAre("0", "1", "2", "3"));
    EXPECT_THAT(sent({.kind = Kind::last}, 1), ElementsAre("3"));
    EXPECT_THAT(sent({.kind = Kind::next}, 0), IsEmpty());
    EXPECT_THAT(sent({.kind = Kind::offset, .number = 2}, 2), ElementsAre("2", "3"));
    EXPECT_THAT(sent({.kind = Kind::offset, .number = 100}, 0), IsEmpty());
    EXPECT_THAT(sent({.kind = Kind::newest, .number = 3}, 3), ElementsAre("1", "2", "3"));
    EXPECT_THAT(sent({.kind = Kind::newest, .number = 100}, 4), ElementsAre("0", "1", "2", "3"));
}

TEST_P(Readers, BeginAtATime) {
    session_->send("q", {"early"});
    home_.clock.advance(std::chrono::hours(1));
    const TimePoint then = home_.clock.now();
    session_->send("q", {"late"});
    home_.clock.advance(std::chrono::minutes(10));

    EXPECT_THAT(sent({.kind = Kind::time, .time = then}, 1), ElementsAre("late"));
    EXPECT_THAT(sent({.kind = Kind::ago, .age = std::chrono::minutes(30)}, 1), ElementsAre("late"));
    EXPECT_THAT(sent({.kind = Kind::ago, .age = std::chrono::hours(2)}, 2),
                ElementsAre("early", "late"));
    EXPECT_THAT(sent({.kind = Kind::time, .time = home_.clock.now() + std::chrono::hours(1)}, 0),
                IsEmpty());
}

TEST_P(Readers, GetNoMoreThanTheirCredit) {
    session_->send("q", {"1", "2", "3"});
    const auto reader = read(kFirst, 2);
    EXPECT_THAT(bodies_of(reader->take(2)), ElementsAre("1", "2"));
    broker_->quiesce();
    EXPECT_EQ(reader->waiting_count(), 0u);

    answer(reader, 1);

    EXPECT_THAT(bodies_of(reader->take(1)), ElementsAre("3"));
}

TEST_P(Readers, ReadABacklogFromTheDiskInOrder) {
    constexpr int kCount = 3000;
    std::vector<TestMessage> messages;
    for (int i = 0; i < kCount; ++i)
        messages.push_back({.key = "q", .body = std::to_string(i) + std::string(1000, 'x')});
    session_->publish_unconfirmed(messages);
    broker_->quiesce();
    must(broker_->engine().checkpoint());
    restart();
    const auto readers = {read(kFirst, 100), read(kFirst, 1000)};

    for (const auto& reader : readers) {
        for (int i = 0; i < kCount; ++i) {
            const auto next = reader->take(1);
            ASSERT_THAT(next, SizeIs(1)) << i;
            ASSERT_EQ(next[0].key.offset.value, i);
            ASSERT_TRUE(next[0].body.starts_with(std::to_string(i) + "x"));
            answer(reader, 1);
        }
    }
}

TEST_P(Readers, DoNotSeeWhatWasPurged) {
    session_->send("q", {"1", "2", "3"});
    const auto reader = read(kFirst, 1);
    EXPECT_THAT(bodies_of(reader->take(1)), ElementsAre("1"));

    must(session_->purge("q"));
    session_->send("q", {"4"});
    answer(reader, 1);

    EXPECT_THAT(bodies_of(reader->take(1)), ElementsAre("4"));
    EXPECT_THAT(sent(kFirst, 1), ElementsAre("4"));
}

TEST_P(Readers, SkipWhatRetentionHasTaken) {
    session_->queue("short", {{"x-retention-bytes", FieldValue::integer(0)}});
    session_->send("short", {"1", "2", "3"});
    const auto first = session_->get("short");
    const auto second = session_->get("short");
    session_->settle(*first, SettleAction::ack);
    session_->settle(*second, SettleAction::ack);
    must(broker_->engine().checkpoint());

    const auto reader = must(session_->consume("short", {.read_from = kFirst}));

    const auto read = reader->take(1);
    EXPECT_THAT(bodies_of(read), ElementsAre("3"));
    EXPECT_THAT(offsets_of(read), ElementsAre(2));
}

TEST_P(Readers, AreToldWhenTheQueueGoes) {
    const auto reader = read(kFirst);

    must(session_->remove("q"));

    EXPECT_EQ(reader->wait_cancelled(), CancelReason::queue_deleted);
}

TEST_P(Readers, KeepAQueueInUse) {
    const auto reader = read(kFirst);

    const auto removed = session_->remove("q", {.if_unused = true});

    ASSERT_FALSE(removed);
    EXPECT_THAT(removed.error().detail, HasSubstr("in use"));
    session_->cancel(reader);
    EXPECT_TRUE(session_->remove("q", {.if_unused = true}));
}

TEST_P(Readers, ACancelledOneGetsNothingMore) {
    const auto reader = read(kFirst);
    session_->cancel(reader);

    session_->send("q", {"1"});
    broker_->quiesce();

    EXPECT_EQ(reader->waiting_count(), 0u);
}

TEST_P(Readers, OfAQueueWithoutAHistoryAreRefused) {
    must(session_->declare(QueueDeclaration{.name = "transient"}));
    session_->queue("levels", {{"x-max-priority", FieldValue::integer(2)}});

    EXPECT_EQ(refusal("transient"),
              "x-stream-offset of queue 'transient' in vhost '/': it is not durable, or exclusive, "
              "and keeps no history");
    EXPECT_EQ(
        refusal("levels"),
        "x-stream-offset of queue 'levels' in vhost '/': it has priorities, and not one order");
    EXPECT_EQ(refusal("none"), "no queue 'none' in vhost '/'");
}

TEST_P(Readers, WhoseChannelHasGoneDisturbNobody) {
    const auto reader = read(kFirst);
    broker_->call(GetParam(), [&] { reader->port->sink = nullptr; });
    const auto consumer = must(session_->consume("q"));

    session_->send("q", {"1"});

    EXPECT_THAT(consumer->take(1), SizeIs(1));
    broker_->quiesce();
    EXPECT_EQ(consumer->waiting_count(), 0u);
}

TEST(ReaderStart, IsAWordAnOffsetATimeOrAnInterval) {
    const auto parse = [](const FieldValue& value) { return must(parse_reader_start(value)); };

    EXPECT_EQ(parse(FieldValue::string("first")), kFirst);
    EXPECT_EQ(parse(FieldValue::string("last")).kind, Kind::last);
    EXPECT_EQ(parse(FieldValue::string("next")).kind, Kind::next);
    EXPECT_EQ(parse(FieldValue::integer(7)), (ReaderStart{.kind = Kind::offset, .number = 7}));
    EXPECT_EQ(parse(FieldValue::integer(-7)), (ReaderStart{.kind = Kind::newest, .number = 7}));
    EXPECT_EQ(parse({FieldTimestamp{5}}), (ReaderStart{.kind = Kind::time, .time = {5000}}));
    EXPECT_EQ(parse(FieldValue::string("1h")),
              (ReaderStart{.kind = Kind::ago, .age = std::chrono::hours(1)}));
}

TEST(ReaderStart, SaysWhatItMayBe) {
    for (const FieldValue& value :
         {FieldValue::string("yesterday"), FieldValue::string(""), FieldValue::boolean(true)}) {
        const auto start = parse_reader_start(value);
        ASSERT_FALSE(start);
        EXPECT_THAT(start.error().detail,
                    HasSubstr("invalid arg 'x-stream-offset': expected first"));
    }
}

TEST(ReaderStart, TakesExtremeNumbers) {
    EXPECT_EQ(must(parse_reader_start(FieldValue::integer(INT64_MIN))).number, INT64_MAX);
    EXPECT_GT(must(parse_reader_start({FieldTimestamp{UINT64_MAX}})).time, TimePoint{});
}

}  // namespace
}  // namespace varve
