// What of a log goes, and when: retention, cursors, and holes between what is unsettled.
#include "engine/log.h"
#include "tests/engine/log_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(LogTest, RetentionKeepsTheNewestSettledRecordsByTheirSize) {
    const LogRef log = must(create_log(*engine_, {.bytes = 3_KiB + 512}));
    for (int i = 0; i < 10; ++i) must(append(*engine_, log, {kilobyte(i)}));
    must(settle(*engine_, log, {{0}, {8}}));

    must(engine_->checkpoint());

    // The backlog does not count: what happened last stays readable however long the queue is.
    EXPECT_EQ(log->range(), (OffsetRange{{5}, {10}}));
    EXPECT_THAT(unsettled(*log), ElementsAre(8, 9));
    reopen();
    EXPECT_THAT(must(read_all(*again(log))), SizeIs(5));
}

TEST_F(LogTest, RetentionIsEightMebibytesOfOneDayUnlessSaidOtherwise) {
    const LogRef log = must(create_log(*engine_));
    for (int i = 0; i < 20; ++i) {
        must(commit(*engine_, [&](Transaction& t) {
            t.append(log, batch_of({std::string(1_MiB - 200, 'x')}, home_.clock.now()));
        }));
    }
    must(settle(*engine_, log, {{0}, {20}}));

    must(engine_->checkpoint());
    EXPECT_EQ(log->range(), (OffsetRange{{12}, {20}}));
    home_.clock.advance(std::chrono::hours(25));
    must(append(*engine_, log, {"today"}));
    must(engine_->checkpoint());

    EXPECT_EQ(log->range().begin, Offset{20});
}

TEST_F(LogTest, RetentionByAgeLetsGoOfWhatIsOlder) {
    const LogRef log = must(create_log(*engine_, {.bytes = 1_GiB, .age = std::chrono::minutes(5)}));
    const auto append_now = [&](const std::string& body) {
        must(commit(*engine_,
                    [&](Transaction& t) { t.append(log, batch_of({body}, home_.clock.now())); }));
    };
    append_now(std::string(5000, 'o'));  // a segment of its own, which is what goes
    home_.clock.advance(std::chrono::minutes(4));
    append_now("young");
    must(settle(*engine_, log, {{0}, {2}}));
    must(engine_->checkpoint());
    EXPECT_EQ(log->range(), (OffsetRange{{0}, {2}}));

    home_.clock.advance(std::chrono::minutes(2));
    append_now("now");
    must(engine_->checkpoint());

    EXPECT_EQ(log->range(), (OffsetRange{{1}, {3}}));
}

TEST_F(LogTest, WithoutRetentionSettledRecordsGoAtTheCheckpoint) {
    for (const RetentionPolicy off : {RetentionPolicy{.bytes = 0}, RetentionPolicy{.age = {}}}) {
        const LogRef log = must(create_log(*engine_, off));
        must(append(*engine_, log, {"a", "b", "c"}));
        must(settle(*engine_, log, {{0}, {2}}));

        must(engine_->checkpoint());

        EXPECT_EQ(log->range(), (OffsetRange{{2}, {3}}));
    }
}

TEST_F(LogTest, RetentionWaitsForTheSlowestCursor) {
    const LogRef log = must(create_log(*engine_, {.bytes = 0}));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(commit(*engine_, [&](Transaction& t) {
        t.create_cursor(log, {9}, {1});
        t.settle(log, kQueueCursor, {{0}, {3}}, Outcome::acked);
    }));
    must(engine_->checkpoint());
    EXPECT_EQ(log->range().begin, Offset{1});

    must(commit(*engine_, [&](Transaction& t) { t.delete_cursor(log, {9}); }));
    must(engine_->checkpoint());

    EXPECT_EQ(log->range().begin, Offset{3});
}

TEST_F(LogTest, OneUnsettledRecordKeepsItselfAndNotWhatFollows) {
    const LogRef log = must(create_log(*engine_, {.bytes = 3_KiB + 512}));
    for (int i = 0; i < 20; ++i) must(append(*engine_, log, {kilobyte(i)}));
    must(settle(*engine_, log, {{1}, {10}}));
    must(settle(*engine_, log, {{11}, {20}}));

    must(engine_->checkpoint());

    // 0 and 10 wait, 17 to 19 are what happened last.
    EXPECT_THAT(log->holes(), ElementsAre(OffsetRange{{1}, {10}}, OffsetRange{{11}, {17}}));
    EXPECT_LT(log->size(), 6_KiB);
    const auto kept = must(read_all(*log));
    EXPECT_THAT(kept, SizeIs(5));
    reopen();
    const LogRef reopened = again(log);
    EXPECT_EQ(must(read_all(*reopened)), kept);
    EXPECT_EQ(reopened->holes().size(), 2u);
    EXPECT_THAT(unsettled(*reopened), ElementsAre(0, 10));
}

TEST_F(LogTest, HolesInTheStoreAreFreedAndGoWithTheirNeighbours) {
    const LogRef log = must(create_log(*engine_, {.bytes = 8_KiB}));
    for (int i = 0; i < 40; ++i) must(append(*engine_, log, {kilobyte(i)}));
    must(engine_->checkpoint());
    must(settle(*engine_, log, {{1}, {40}}));
    must(engine_->checkpoint());
    ASSERT_THAT(log->holes(), SizeIs(1));
    EXPECT_GT(log->holes().front().count(), 28);
    const auto kept = must(read_all(*log));
    EXPECT_EQ(must(log->read(log->holes().front().begin))->base(), log->holes().front().end);
    reopen();
    EXPECT_EQ(must(read_all(*again(log))), kept);

    must(settle(*engine_, again(log), {{0}, {1}}));
    must(append(*engine_, again(log), {"more"}));
    must(engine_->checkpoint());

    EXPECT_THAT(again(log)->holes(), IsEmpty());
    EXPECT_GT(again(log)->range().begin, Offset{28});
    reopen();
    EXPECT_THAT(unsettled(*again(log)), ElementsAre(40));
}

TEST_F(LogTest, HolesWaitForEveryCursorAndForNewOnesAreSettled) {
    const LogRef log = must(create_log(*engine_, {.bytes = 0}));
    for (int i = 0; i < 10; ++i) must(append(*engine_, log, {kilobyte(i)}));
    must(commit(*engine_, [&](Transaction& t) {
        t.create_cursor(log, {9}, {0});
        t.settle(log, kQueueCursor, {{1}, {10}}, Outcome::acked);
    }));
    must(engine_->checkpoint());
    EXPECT_THAT(log->holes(), IsEmpty());

    must(commit(*engine_, [&](Transaction& t) {
        t.settle(log, {9}, {{1}, {10}}, Outcome::acked);
    }));
    must(engine_->checkpoint());
    // In the store it keeps its segment.
    EXPECT_THAT(log->holes(), ElementsAre(OffsetRange{{4}, {10}}));
    must(commit(*engine_, [&](Transaction& t) { t.create_cursor(log, {10}, {0}); }));

    EXPECT_THAT(unsettled(*log, {10}), ElementsAre(0, 1, 2, 3));
}

TEST_F(LogTest, StreamIsTrimmedByRetentionAlone) {
    const LogRef log = engine_->make_log({.bytes = 2_KiB + 512});
    must(commit(*engine_, [&](Transaction& t) {
        t.create_log(log);
        t.create_cursor(log, kQueueCursor, kNever);
    }));
    for (int i = 0; i < 5; ++i) must(append(*engine_, log, {kilobyte(i)}));

    must(engine_->checkpoint());
    reopen();

    const LogRef stream = again(log);
    EXPECT_EQ(stream->range(), (OffsetRange{{3}, {5}}));
    EXPECT_THAT(unsettled(*stream), IsEmpty());
    must(append(*engine_, stream, {"more"}));
    EXPECT_THAT(unsettled(*stream), IsEmpty());
}

}  // namespace
}  // namespace varve
