// Named cursors: a reader's place that its broker keeps.
#include "server/broker/named_cursor.h"
#include "tests/server/broker/cursors_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldValue;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Kind = ReaderStart::Kind;

INSTANTIATE_TEST_SUITE_P(FromShard, Cursors, testing::Values(0, 1));

TEST_P(Cursors, GoOnAfterWhatWasAcknowledged) {
    session_->send("q", {"1", "2", "3"});
    const auto reader = read("c");
    const auto read = reader->take(3);
    ack(std::string("c"), read[0]);
    ack(std::string("c"), read[1]);
    session_->cancel(reader);

    const auto again = comes("c", 1);

    EXPECT_THAT(bodies_of(again), ElementsAre("3"));
    EXPECT_TRUE(again[0].redelivered);
}

TEST_P(Cursors, SurviveACrash) {
    session_->send("q", {"1", "2", "3"});
    ack_all("c", read("c")->take(2));

    crash();

    EXPECT_THAT(bodies_of(comes("c", 1)), ElementsAre("3"));
}

TEST_P(Cursors, SurviveARestartWhereTheyReadNothingYet) {
    session_->cancel(read("c", ReaderStart{.kind = Kind::next}));
    session_->send("q", {"1"});

    restart();

    EXPECT_THAT(bodies_of(comes("c", 1)), ElementsAre("1"));
}

TEST_P(Cursors, KeepWhatWasAcknowledgedOutOfOrder) {
    session_->send("q", {"1", "2", "3", "4"});
    const auto reader = read("c");
    const auto read = reader->take(4);
    ack("c", read[1]);
    ack("c", read[3]);
    session_->cancel(reader);
    EXPECT_THAT(bodies_of(comes("c", 2)), ElementsAre("1", "3"));

    crash();

    EXPECT_THAT(bodies_of(comes("c", 2)), ElementsAre("1", "3"));
}

TEST_P(Cursors, AreIndependentOfEachOtherAndOfTheQueue) {
    session_->send("q", {"1", "2"});
    const auto one = read("one");
    const auto two = read("two");
    ack_all("one", one->take(2));
    EXPECT_THAT(bodies_of(two->take(2)), ElementsAre("1", "2"));
    session_->cancel(one);
    session_->cancel(two);

    EXPECT_THAT(bodies_of(comes("one", 0)), ElementsAre());
    EXPECT_THAT(bodies_of(comes("two", 2)), ElementsAre("1", "2"));
    EXPECT_EQ(session_->ready("q"), 2u);
}

TEST_P(Cursors, BeginWhereTheirFirstReaderBegins) {
    session_->send("q", {"1", "2"});
    session_->cancel(read("new", std::nullopt));
    session_->cancel(read("old", kFirst));
    session_->send("q", {"3"});

    EXPECT_THAT(bodies_of(comes("new", 1)), ElementsAre("3"));
    EXPECT_THAT(bodies_of(comes("old", 3)), ElementsAre("1", "2", "3"));
}

TEST_P(Cursors, KeepWhatTheyHaveNotReadBeyondRetention) {
    session_->queue("short", {{"x-retention-bytes", FieldValue::integer(0)}});
    session_->cancel(must(session_->consume("short", {.cursor = "c"})));
    session_->send("short", {"1", "2"});
    while (session_->get("short", true)) {
    }
    broker_->quiesce();
    must(broker_->engine().checkpoint());

    const auto reader = must(session_->consume("short", {.cursor = "c"}));

    EXPECT_THAT(bodies_of(reader->take(2)), ElementsAre("1", "2"));
}

TEST_P(Cursors, WithoutAcksAreDoneWithWhatWasDelivered) {
    session_->send("q", {"1", "2"});
    const auto reader =
        must(session_->consume("q", {.no_ack = true, .read_from = kFirst, .cursor = "c"}));
    EXPECT_THAT(reader->take(2), SizeIs(2));
    session_->cancel(reader);
    session_->send("q", {"3"});

    crash();

    EXPECT_THAT(bodies_of(comes("c", 1)), ElementsAre("3"));
}

TEST_P(Cursors, HaveOneReaderAtATime) {
    const auto reader = read("c");

    EXPECT_EQ(refusal("c"), "queue 'q' in vhost '/' is being read under this cursor");
    EXPECT_EQ(refusal("other"), "reads");
    session_->cancel(reader);
    EXPECT_EQ(refusal("c"), "reads");
}

TEST_P(Cursors, GoWithTheirQueue) {
    session_->cancel(read("c"));
    session_->send("q", {"1"});
    must(session_->remove("q"));
    session_->queue("q");
    session_->send("q", {"2"});

    restart();

    EXPECT_THAT(bodies_of(read("c")->take(1)), ElementsAre("2"));
}

TEST_P(Cursors, DoNotSeeWhatWasPurged) {
    session_->cancel(read("c"));
    session_->send("q", {"1", "2"});
    must(session_->purge("q"));
    session_->send("q", {"3"});

    EXPECT_THAT(bodies_of(comes("c", 1)), ElementsAre("3"));
}

TEST_P(Cursors, AreNotMoreThanTheirBound) {
    for (size_t i = 0; i < kNamedCursorsMax; ++i) session_->cancel(read("c" + std::to_string(i)));

    EXPECT_EQ(refusal("more"),
              "queue 'q' in vhost '/' has 100 cursors, which is as many as it may");
    EXPECT_EQ(refusal("c0"), "reads");
}

TEST(CursorName, HasToBePrintable) {
    EXPECT_TRUE(check_cursor_name("billing, daily"));
    EXPECT_TRUE(check_cursor_name("rapports d'activit\u00e9"));
    for (const std::string& name : {std::string(), std::string(256, 'x'), std::string("a\nb")}) {
        const auto checked = check_cursor_name(name);
        ASSERT_FALSE(checked);
        EXPECT_THAT(checked.error().detail, HasSubstr("invalid arg 'x-cursor'"));
    }
}

TEST(CursorName, StandsForOneCursorWhichIsNotTheQueues) {
    EXPECT_EQ(cursor_id_of("a"), cursor_id_of("a"));
    EXPECT_NE(cursor_id_of("a"), cursor_id_of("b"));
    EXPECT_NE(cursor_id_of(""), kQueueCursor);
}

}  // namespace
}  // namespace varve
