// Named cursors that are listed, reset and deleted.
#include "server/broker/administration.h"
#include "tests/server/broker/cursors_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldValue;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ReaderStart::Kind;

constexpr const char* kBeingRead = "queue 'q' in vhost '/' is being read under this cursor";

class CursorChanges : public Cursors {
protected:
    BrokerShard& door() { return broker_->at(GetParam()); }
    std::vector<CursorListing> listed(const std::string& queue = "q") {
        return must(broker_->await(GetParam(), door().cursors(session_->context(), queue)));
    }
    // "billing at 2, 1 behind, in use"
    std::vector<std::string> listed_text() {
        std::vector<std::string> lines;
        for (const CursorListing& cursor : listed()) {
            const CursorFigures& at = cursor.figures;
            lines.push_back(cursor.name + " at " + std::to_string(at.next.value) + ", " +
                            std::to_string(at.behind) + " behind" + (at.in_use ? ", in use" : ""));
        }
        return lines;
    }
    std::string reset(const std::string& name, ReaderStart to, const std::string& queue = "q") {
        return text_of(
            broker_->await(GetParam(), door().reset_cursor(session_->context(), queue, name, to)));
    }
    std::string remove(const std::string& name, const std::string& queue = "q") {
        return text_of(
            broker_->await(GetParam(), door().delete_cursor(session_->context(), queue, name)));
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, CursorChanges, testing::Values(0, 1));

TEST_P(CursorChanges, ListingSaysWhereEachIsAndWhoIsRead) {
    session_->send("q", {"0", "1", "2", "3"});
    const auto reader = read("billing");
    const auto records = reader->take(4);
    ack("billing", records[0]);
    ack("billing", records[2]);
    session_->cancel(read("audit", ReaderStart{.kind = Kind::next}));
    broker_->quiesce();

    EXPECT_THAT(listed_text(),
                ElementsAre("audit at 4, 0 behind", "billing at 1, 2 behind, in use"));
    session_->cancel(reader);
    crash();
    EXPECT_THAT(listed_text(), ElementsAre("audit at 4, 0 behind", "billing at 1, 2 behind"));
}

TEST_P(CursorChanges, QueueWithoutCursorsListsNone) {
    must(session_->declare(QueueDeclaration{.name = "transient"}));

    EXPECT_THAT(listed("q"), IsEmpty());
    EXPECT_THAT(listed("transient"), IsEmpty());
    const auto none = broker_->await(GetParam(), door().cursors(session_->context(), "none"));
    EXPECT_EQ(text_of(none), "no queue 'none' in vhost '/'");
}

TEST_P(CursorChanges, ResetCursorGoesOnWhereItIsTold) {
    session_->send("q", {"0", "1", "2", "3"});
    const auto reader = read("c");
    ack_all("c", reader->take(4));
    session_->cancel(reader);

    EXPECT_EQ(reset("c", {.kind = Kind::offset, .number = 1}), "done");
    EXPECT_THAT(bodies_of(comes("c", 3)), ElementsAre("1", "2", "3"));
    EXPECT_EQ(reset("c", kFirst), "done");
    EXPECT_THAT(bodies_of(comes("c", 4)), ElementsAre("0", "1", "2", "3"));
    EXPECT_EQ(reset("c", {.kind = Kind::newest, .number = 1}), "done");
    EXPECT_THAT(bodies_of(comes("c", 1)), ElementsAre("3"));
    EXPECT_EQ(reset("c", {.kind = Kind::next}), "done");
    EXPECT_THAT(comes("c", 0), IsEmpty());
}

TEST_P(CursorChanges, ResetForgetsWhatWasAcknowledgedBehindThePlace) {
    session_->send("q", {"0", "1", "2"});
    const auto reader = read("c");
    ack("c", reader->take(3)[2]);
    session_->cancel(reader);

    EXPECT_EQ(reset("c", {.kind = Kind::offset, .number = 1}), "done");

    crash();
    const auto again = comes("c", 2);
    EXPECT_THAT(bodies_of(again), ElementsAre("1", "2"));
    EXPECT_FALSE(again[0].redelivered);
}

TEST_P(CursorChanges, AnswersToWhatWasDeliveredBeforeTheResetChangeNothing) {
    session_->send("q", {"0", "1"});
    const auto reader = read("c");
    const auto before = reader->take(2);
    session_->cancel(reader);
    EXPECT_EQ(reset("c", kFirst), "done");
    const auto next = must(session_->consume("q", {.prefetch = 1, .cursor = "c"}));
    next->take(1);

    ack("c", before[1]);

    session_->cancel(next);
    EXPECT_THAT(bodies_of(comes("c", 2)), ElementsAre("0", "1"));
    crash();
    EXPECT_THAT(bodies_of(comes("c", 2)), ElementsAre("0", "1"));
}

TEST_P(CursorChanges, CursorInUseIsRefused) {
    session_->send("q", {"0"});
    const auto reader = read("c");
    reader->take(1);

    EXPECT_EQ(reset("c", kFirst), kBeingRead);
    EXPECT_EQ(remove("c"), kBeingRead);

    session_->cancel(reader);
    EXPECT_EQ(reset("c", kFirst), "done");
    EXPECT_EQ(remove("c"), "done");
}

TEST_P(CursorChanges, UnknownCursorIsRefusedByName) {
    must(session_->declare(QueueDeclaration{.name = "transient"}));
    session_->cancel(read("c"));

    EXPECT_EQ(reset("d", kFirst), "no cursor 'd' of queue 'q' in vhost '/'");
    EXPECT_EQ(remove("d"), "no cursor 'd' of queue 'q' in vhost '/'");
    EXPECT_EQ(reset("c", kFirst, "transient"), "no cursor 'c' of queue 'transient' in vhost '/'");
    EXPECT_EQ(remove("c", "transient"), "no cursor 'c' of queue 'transient' in vhost '/'");
    EXPECT_EQ(remove("c", "none"), "no queue 'none' in vhost '/'");
}

TEST_P(CursorChanges, DeletedCursorIsGoneAndItsNameIsFree) {
    session_->send("q", {"0", "1"});
    const auto reader = read("c");
    ack_all("c", reader->take(2));
    session_->cancel(reader);

    EXPECT_EQ(remove("c"), "done");

    EXPECT_THAT(listed(), IsEmpty());
    crash();
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_THAT(bodies_of(read("c")->take(2)), ElementsAre("0", "1"));
}

TEST_P(CursorChanges, DeletedCursorKeepsNothing) {
    session_->queue("short", {{"x-retention-bytes", FieldValue::integer(0)}});
    session_->cancel(read("c", std::nullopt, "short"));
    session_->send("short", {"0", "1"});
    while (session_->get("short", true)) {
    }
    broker_->quiesce();
    must(broker_->engine().checkpoint());
    EXPECT_EQ(listed("short")[0].figures.behind, 2);

    EXPECT_EQ(remove("c", "short"), "done");

    must(broker_->engine().checkpoint());
    const auto reader = must(session_->consume("short", {.read_from = kFirst}));
    session_->send("short", {"2"});
    EXPECT_THAT(bodies_of(reader->take(1)), ElementsAre("2"));
}

TEST_P(CursorChanges, NeedTheRightToReadTheQueue) {
    session_->cancel(read("c"));
    UserChange change;
    change.name = "u";
    Administration& office = broker_->at(0).administration();
    must(broker_->await(0, office.put_user(std::move(change))));
    must(broker_->await(0, office.set_permission({"u", "/", "q", "q", "other"})));
    BrokerSession user(*broker_, "u", "/", GetParam());
    const std::string refused = "access to queue 'q' in vhost '/' refused for user 'u'";

    EXPECT_EQ(text_of(broker_->await(GetParam(), door().cursors(user.context(), "q"))), refused);
    EXPECT_EQ(
        text_of(broker_->await(GetParam(), door().reset_cursor(user.context(), "q", "c", kFirst))),
        refused);
    EXPECT_EQ(text_of(broker_->await(GetParam(), door().delete_cursor(user.context(), "q", "c"))),
              refused);
}

}  // namespace
}  // namespace varve
