#include "engine/log.h"

#include "engine/body_bytes.h"
#include "tests/engine/log_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

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
