#include "engine/log.h"

#include "engine/body_bytes.h"
#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class LogTest : public testing::Test {
protected:
    void SetUp() override { engine_ = must(home_.open()); }
    void reopen() {
        must(engine_->close());
        engine_ = must(home_.open());
    }
    LogRef again(const LogRef& log) { return engine_->find_log(log->id()); }

    FaultyFileSystem disk_;
    EngineHome home_{disk_};
    std::unique_ptr<Engine> engine_;
};

std::string kilobyte(int n) { return std::to_string(n) + std::string(1000, 'x'); }

TEST_F(LogTest, RecordReadsTheSameFromMemoryAndFromTheStore) {
    const LogRef log = must(create_log(*engine_));
    for (int i = 0; i < 10; ++i)
        must(append(*engine_, log, {"r" + std::to_string(i), kilobyte(i)}));
    const auto from_memory = must(read_all(*log));

    must(engine_->checkpoint());
    const auto from_store = must(read_all(*log));
    must(append(*engine_, log, {"more"}));
    reopen();
    auto after_reopening = must(read_all(*again(log)));

    EXPECT_THAT(from_memory, SizeIs(20));
    EXPECT_EQ(from_store, from_memory);
    EXPECT_EQ(after_reopening.extract(Offset{20}).mapped(), "more");
    EXPECT_EQ(after_reopening, from_memory);
}

TEST_F(LogTest, BytesOfAnyPartAreKnownFromItsEnds) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"1", "22", "333"}));
    must(append(*engine_, log, {kilobyte(0), ""}));
    must(engine_->checkpoint());
    must(append(*engine_, log, {"4444"}));
    must(settle(*engine_, log, {{0}, {1}}));
    const auto check = [](const LogRef& of) {
        BodyBytes bytes(*of);
        EXPECT_EQ(must(bytes.in({{0}, {6}})), 1011u);
        EXPECT_EQ(must(bytes.in({{1}, {3}})), 5u);
        EXPECT_EQ(must(bytes.in({{2}, {6}})), 1008u);
        EXPECT_EQ(must(bytes.in({{5}, {6}})), 4u);
        EXPECT_EQ(must(bytes.in({{3}, {3}})), 0u);
        EXPECT_EQ(bytes.in({{5}, {7}}).error().code, ErrorCode::not_found);
    };
    check(log);
    reopen();
    check(again(log));
    must(engine_->checkpoint());
    must(append(*engine_, again(log), {"55555"}));
    reopen();
    EXPECT_EQ(must(BodyBytes(*again(log)).in({{4}, {7}})), 9u);
}

TEST_F(LogTest, ReadingAtTheEndGivesNothing) {
    const LogRef log = must(create_log(*engine_));
    EXPECT_EQ(must(log->read({0})), nullptr);
    must(append(*engine_, log, {"a"}));

    EXPECT_EQ(must(log->read({1})), nullptr);
    EXPECT_EQ(must(log->read({1000})), nullptr);
    EXPECT_EQ(log->read_cached({1}), nullptr);
    EXPECT_EQ(log->read_cached({0})->at({0}).body, "a");
}

TEST_F(LogTest, SmallCommitsAreMergedOnTheirWayToTheStore) {
    const LogRef log = must(create_log(*engine_));
    for (int i = 0; i < 8; ++i) must(append(*engine_, log, {std::to_string(i)}));

    must(engine_->checkpoint());

    const BatchRef batch = must(log->read({3}));
    EXPECT_EQ(batch->range(), (OffsetRange{{0}, {8}}));
    EXPECT_EQ(batch->at({3}).body, "3");
}

TEST_F(LogTest, SegmentsDescribeWhatTheStoreHolds) {
    const LogRef log = must(create_log(*engine_));
    for (int i = 0; i < 6; ++i) must(append(*engine_, log, {kilobyte(i)}));
    must(engine_->checkpoint());
    home_.clock.advance(std::chrono::seconds(1));
    for (int i = 6; i < 9; ++i) {
        must(commit(*engine_, [&](Transaction& t) {
            t.append(log, batch_of({kilobyte(i)}, home_.clock.now()));
        }));
    }
    must(engine_->checkpoint());

    // Four kibibytes each: the second one began in the first checkpoint and goes on in the second.
    const auto segments = log->segments();
    ASSERT_THAT(segments, SizeIs(3));
    EXPECT_EQ(segments[0].range, (OffsetRange{{0}, {4}}));
    EXPECT_EQ(segments[1].range, (OffsetRange{{4}, {8}}));
    EXPECT_EQ(segments[1].first_time, ManualClock::kStart);
    EXPECT_EQ(segments[1].max_time, home_.clock.now());
    EXPECT_EQ(segments[2].range, (OffsetRange{{8}, {9}}));
    reopen();
    EXPECT_EQ(again(log)->segments().size(), 3u);
    EXPECT_EQ(again(log)->segments()[1].range, segments[1].range);
    EXPECT_EQ(again(log)->size(), log->size());
}

TEST_F(LogTest, TimeFindsTheFirstRecordThatIsNotOlder) {
    const LogRef log = must(create_log(*engine_));
    const auto at = [](int64_t ms) { return ManualClock::kStart + std::chrono::milliseconds(ms); };
    const auto append_at = [&](std::initializer_list<int64_t> times) {
        must(commit(*engine_, [&](Transaction& t) {
            for (const int64_t ms : times) t.append(log, batch_of({kilobyte(0)}, at(ms)));
        }));
    };
    append_at({10, 20, 30, 40, 50});
    must(engine_->checkpoint());
    append_at({60, 55, 70});

    EXPECT_EQ(must(log->find(at(0))), Offset{0});
    EXPECT_EQ(must(log->find(at(20))), Offset{1});
    EXPECT_EQ(must(log->find(at(41))), Offset{4});
    EXPECT_EQ(must(log->find(at(51))), Offset{5});
    EXPECT_EQ(must(log->find(at(61))), Offset{7});
    EXPECT_EQ(must(log->find(at(71))), Offset{8});
}

TEST_F(LogTest, PurgedRecordsAreUnreadableAndTheirOffsetsStayUsed) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(engine_->checkpoint());
    must(append(*engine_, log, {"d"}));

    must(purge(*engine_, log, {{0}, {4}}));

    EXPECT_THAT(must(read_all(*log)), IsEmpty());
    EXPECT_EQ(must(append(*engine_, log, {"e"})), (OffsetRange{{4}, {5}}));
    reopen();
    EXPECT_THAT(must(read_all(*again(log))), ElementsAre(Pair(Offset{4}, "e")));
}

TEST_F(LogTest, PurgeSparesWhatIsOutAtConsumersAndGoesWithIt) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"out", "ready", "ready too"}));

    must(purge(*engine_, log, {{1}, {3}}));

    EXPECT_THAT(unsettled(*log), ElementsAre(0));
    EXPECT_EQ(log->outcome({1}), Outcome::purged);
    reopen();
    const LogRef reopened = again(log);
    must(settle(*engine_, reopened, {{0}, {1}}));
    EXPECT_EQ(reopened->range(), (OffsetRange{{3}, {3}}));
}

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

TEST_F(LogTest, ReadingBelowTheStartGivesTheFirstReadableRecord) {
    const LogRef log = must(create_log(*engine_, {.bytes = 0}));
    must(append(*engine_, log, {"a", "b"}));
    must(append(*engine_, log, {"c"}));
    must(settle(*engine_, log, {{0}, {2}}));
    must(engine_->checkpoint());

    const BatchRef batch = must(log->read({0}));

    EXPECT_EQ(batch->end(), Offset{3});
    EXPECT_EQ(log->range().begin, Offset{2});
    EXPECT_EQ(batch->at({2}).body, "c");
    EXPECT_EQ(must(log->find({0})), Offset{2});
}

TEST_F(LogTest, DeletedLogAnswersNotFound) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a"}));

    must(delete_log(*engine_, log));

    EXPECT_EQ(log->find({0}).error().code, ErrorCode::not_found);
    EXPECT_EQ(log->read_cached({0}), nullptr);
    EXPECT_FALSE(log->cursor(kQueueCursor));
    EXPECT_EQ(log->outcome({0}), std::nullopt);
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

TEST_F(LogTest, FirstOutcomeOfARecordCounts) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b", "c"}));
    must(settle(*engine_, log, {{1}, {2}}, Outcome::expired));

    must(settle(*engine_, log, {{0}, {3}}, Outcome::rejected));

    EXPECT_EQ(log->outcome({0}), Outcome::rejected);
    EXPECT_EQ(log->outcome({1}), Outcome::expired);
    EXPECT_EQ(log->outcome({2}), Outcome::rejected);
    must(engine_->checkpoint());
    reopen();
    EXPECT_EQ(again(log)->outcome({0}), Outcome::rejected);
    EXPECT_EQ(again(log)->outcome({1}), Outcome::expired);
}

TEST_F(LogTest, DeliveryCountsGoWithTheRecord) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {"a", "b"}));
    must(commit(*engine_, [&](Transaction& t) {
        t.mark_returned(log, {0}, 1);
        t.mark_returned(log, {1}, 2);
    }));
    must(engine_->checkpoint());

    must(settle(*engine_, log, {{0}, {1}}));
    must(commit(*engine_, [&](Transaction& t) { t.mark_returned(log, {0}, 5); }));
    must(engine_->checkpoint());
    reopen();

    EXPECT_THAT(again(log)->cursor(kQueueCursor)->returned, ElementsAre(Pair(Offset{1}, 2u)));
}

TEST_F(LogTest, DamageInTheStoreNamesLogAndOffsets) {
    const LogRef log = must(create_log(*engine_));
    must(append(*engine_, log, {std::string(50'000, 'x')}));
    must(engine_->checkpoint());
    must(engine_->close());
    for (const std::string& name : must(disk_.list(EngineHome::kDirectory / "store"))) {
        const Path path = EngineHome::kDirectory / "store" / name;
        if (name.ends_with(".sst")) disk_.flip_bit(path, must(disk_.info(path)).size / 4, 0);
    }

    const auto opened = home_.open();
    const auto read =
        opened ? (*opened)->find_log(log->id())->read({0}) : Result<BatchRef>(opened.error());

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace varve
