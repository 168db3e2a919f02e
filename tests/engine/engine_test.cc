#include "engine/engine.h"

#include "tests/support/engines.h"
#include "tests/support/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace varve {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class EngineTest : public testing::Test {
protected:
    std::unique_ptr<Engine> open() { return must(home_.open()); }

    FaultyFileSystem disk_;
    EngineHome home_{disk_};
};

TEST_F(EngineTest, WhatWasCommittedIsThereAfterReopening) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    const LogId id = log->id();
    must(append(*engine, log, {"a", "b"}));
    must(append(*engine, log, {"c"}));
    must(settle(*engine, log, {{1}, {2}}));
    must(commit(*engine, [](Transaction& t) { t.put({1, "queue"}, "definition"); }));

    must(engine->close());
    engine = open();

    const LogRef again = engine->find_log(id);
    ASSERT_NE(again, nullptr);
    EXPECT_THAT(must(read_all(*again)),
                ElementsAre(Pair(Offset{0}, "a"), Pair(Offset{1}, "b"), Pair(Offset{2}, "c")));
    EXPECT_THAT(unsettled(*again), ElementsAre(0, 2));
    std::map<CatalogueKey, std::string> definitions;
    engine->for_each_definition(
        [&](const CatalogueKey& key, ByteView value) { definitions[key] = value; });
    EXPECT_THAT(definitions, ElementsAre(Pair(CatalogueKey{1, "queue"}, "definition")));
}

TEST_F(EngineTest, CleanStopIsToldFromACrash) {
    EXPECT_TRUE(open()->recovery().clean_stop);
    auto engine = open();
    must(create_log(*engine));
    must(engine->close());
    engine = open();
    EXPECT_TRUE(engine->recovery().clean_stop);
    must(create_log(*engine));

    disk_.cut_power();
    SeededRng rng(1);
    const auto image = disk_.after_crash(Survival::nothing, rng);
    EngineHome restarted{*image};
    const auto recovered = must(restarted.open());

    EXPECT_FALSE(recovered->recovery().clean_stop);
    EXPECT_GE(recovered->recovery().frames_replayed, 1u);
    EXPECT_EQ(recovered->recovery().logs, 2u);
}

TEST_F(EngineTest, DirectoryIsHeldByOneEngineAtATime) {
    const auto engine = open();

    EXPECT_EQ(home_.open().error().code, ErrorCode::busy);

    must(engine->close());
    EXPECT_TRUE(home_.open());
}

TEST_F(EngineTest, DirectoryOfANewerFormatIsRefusedUntouched) {
    must(open()->close());
    const auto file = must(disk_.open(EngineHome::kDirectory / "format", OpenMode::read_write));
    must(file->write_at(0, "varve data directory, format 2\n"));
    const auto names = must(disk_.list(EngineHome::kDirectory / "store"));

    const auto opened = home_.open();

    EXPECT_EQ(opened.error().code, ErrorCode::newer_format);
    EXPECT_THAT(opened.error().detail, HasSubstr("/data/format"));
    EXPECT_EQ(must(disk_.list(EngineHome::kDirectory / "store")), names);
}

TEST_F(EngineTest, DataWithoutItsFormatFileIsRefused) {
    must(open()->close());
    must(disk_.remove(EngineHome::kDirectory / "format"));

    EXPECT_EQ(home_.open().error().code, ErrorCode::corrupt);
}

TEST_F(EngineTest, JournalWithoutFilesIsALossFromTheFirstOpenOn) {
    auto engine = open();
    must(create_log(*engine));
    disk_.cut_power();
    SeededRng rng(1);
    const auto image = disk_.after_crash(Survival::everything, rng);
    for (const std::string& name : must(image->list(EngineHome::kDirectory / "journal")))
        must(image->remove(EngineHome::kDirectory / "journal" / name));
    EngineHome restarted{*image};

    const auto refused = restarted.open();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
    EXPECT_THAT(refused.error().detail, HasSubstr("journal's files are missing"));
    restarted.options.accept_loss = true;
    EXPECT_THAT(must(restarted.open())->recovery().losses, Contains(HasSubstr("missing")));
}

TEST_F(EngineTest, EveryChangeSurvivesACheckpointAsItSurvivesTheJournal) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    const LogId id = log->id();
    must(append(*engine, log, {"a", "b", "c", "d", "e"}));
    must(commit(*engine, [&](Transaction& t) {
        t.settle(log, kQueueCursor, {{1}, {2}}, Outcome::rejected);
        t.settle(log, kQueueCursor, {{3}, {4}}, Outcome::acked);
        t.mark_delivered(log, kQueueCursor, {4});
        t.mark_returned(log, {2}, 7);
        t.create_cursor(log, {5}, {3});
        t.set_retention(log, {.bytes = 1_MiB, .age = std::chrono::hours(1)});
        t.put({2, "empty"}, "");
    }));

    for (const bool checkpointed : {false, true}) {
        SCOPED_TRACE(checkpointed);
        if (checkpointed) must(engine->checkpoint());
        must(engine->close());
        engine = open();
        const LogRef again = engine->find_log(id);
        ASSERT_NE(again, nullptr);
        const auto queue = again->cursor(kQueueCursor);
        ASSERT_TRUE(queue);
        EXPECT_THAT(unsettled(*again), ElementsAre(0, 2, 4));
        EXPECT_EQ(queue->delivered_below, Offset{4});
        EXPECT_THAT(queue->returned, ElementsAre(Pair(Offset{2}, 7u)));
        EXPECT_EQ(again->outcome({0}), std::nullopt);
        EXPECT_EQ(again->outcome({1}), Outcome::rejected);
        EXPECT_EQ(again->outcome({3}), Outcome::acked);
        EXPECT_THAT(unsettled(*again, {5}), ElementsAre(3, 4));
        EXPECT_EQ(again->retention(),
                  (RetentionPolicy{.bytes = 1_MiB, .age = std::chrono::hours(1)}));
        EXPECT_THAT(again->cursors(), ElementsAre(kQueueCursor, CursorId{5}));
        int definitions = 0;
        engine->for_each_definition([&](const CatalogueKey&, ByteView value) {
            EXPECT_EQ(value, "");
            ++definitions;
        });
        EXPECT_EQ(definitions, 1);
    }
}

TEST_F(EngineTest, DeletedLogIsGoneForEveryHandle) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    must(append(*engine, log, {"a"}));
    must(engine->checkpoint());

    must(delete_log(*engine, log));

    EXPECT_TRUE(log->deleted());
    EXPECT_EQ(engine->find_log(log->id()), nullptr);
    EXPECT_EQ(log->read({0}).error().code, ErrorCode::not_found);
    must(engine->checkpoint());
    must(engine->close());
    EXPECT_THAT(open()->logs(), IsEmpty());
}

TEST_F(EngineTest, DeletedCursorComesBackEmpty) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    must(append(*engine, log, {"a", "b", "c"}));
    must(commit(*engine, [&](Transaction& t) {
        t.create_cursor(log, {5}, {0});
        t.settle(log, {5}, {{1}, {2}}, Outcome::acked);
    }));
    must(engine->checkpoint());
    must(commit(*engine, [&](Transaction& t) {
        t.delete_cursor(log, {5});
        t.create_cursor(log, {5}, {0});
    }));

    must(engine->close());
    engine = open();

    EXPECT_THAT(unsettled(*engine->find_log(log->id()), {5}), ElementsAre(0, 1, 2));
}

TEST_F(EngineTest, HandlesOutliveTheEngineAndSayThatItIsClosed) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    must(append(*engine, log, {"a"}));
    must(engine->close());
    engine.reset();

    EXPECT_EQ(log->range(), (OffsetRange{{0}, {1}}));
    EXPECT_EQ(log->read({0}).error().code, ErrorCode::closed);
}

TEST_F(EngineTest, CommitsAfterCloseAreAnsweredClosed) {
    const auto engine = open();
    const LogRef log = must(create_log(*engine));
    must(engine->close());

    EXPECT_EQ(append(*engine, log, {"a"}).error().code, ErrorCode::closed);
    EXPECT_EQ(engine->checkpoint().error().code, ErrorCode::closed);
}

TEST_F(EngineTest, CheckpointBoundsWhatARestartReads) {
    auto engine = open();
    const LogRef log = must(create_log(*engine));
    for (int i = 0; i < 50; ++i) must(append(*engine, log, {std::string(1000, 'x')}));
    must(engine->checkpoint());
    must(append(*engine, log, {"last"}));

    disk_.cut_power();
    SeededRng rng(1);
    const auto image = disk_.after_crash(Survival::nothing, rng);
    EngineHome restarted{*image};
    const auto recovered = must(restarted.open());

    EXPECT_EQ(recovered->recovery().frames_replayed, 1u);
    EXPECT_EQ(must(read_all(*recovered->find_log(log->id()))).size(), 51u);
}

TEST_F(EngineTest, JournalFilesAreUsedAgainOnceTheStoreHasThem) {
    const auto engine = open();
    const LogRef log = must(create_log(*engine, {.bytes = 0}));
    Bytes largest = 0;
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 20; ++i) {
            const OffsetRange range = must(append(*engine, log, {std::string(3000, 'x')}));
            must(settle(*engine, log, range));
        }
        must(engine->checkpoint());
        largest = std::max(largest, engine->stats().journal_bytes_on_disk);
    }

    EXPECT_GT(engine->stats().journal_bytes, 20u * 20u * 3000u);
    EXPECT_LE(largest, 8 * home_.options.journal.file_size);
}

// P2, P4.
TEST_F(EngineTest, DrainedRecordsNeverReachTheStore) {
    const auto engine = open();
    const LogRef log = must(create_log(*engine, {.bytes = 0}));
    must(engine->checkpoint());
    const Bytes before = engine->stats().store_bytes_written;

    for (int i = 0; i < 100; ++i) {
        const OffsetRange range = must(append(*engine, log, {std::string(3000, 'x')}));
        must(settle(*engine, log, range));
    }
    must(engine->checkpoint());

    EXPECT_LT(engine->stats().store_bytes_written - before, 30'000u);
    EXPECT_THAT(must(read_all(*log)), IsEmpty());
    EXPECT_EQ(log->range(), (OffsetRange{{100}, {100}}));
}

// P6.
TEST_F(EngineTest, BacklogLeavesMemoryAtTheCheckpoint) {
    const auto engine = open();
    const LogRef log = must(create_log(*engine));
    for (int i = 0; i < 100; ++i) must(append(*engine, log, {std::string(1000, 'x')}));
    EXPECT_GT(engine->stats().memory_tail, 100'000u);

    must(engine->checkpoint());

    EXPECT_EQ(engine->stats().memory_tail, 0u);
    EXPECT_EQ(must(read_all(*log)).size(), 100u);
    EXPECT_EQ(log->read_cached({0}), nullptr);
}

TEST_F(EngineTest, CheckpointsHappenByThemselves) {
    home_.options.manual_upkeep = false;
    const auto engine = open();
    const LogRef log = must(create_log(*engine));

    // Far more than two checkpoints' worth: without checkpoints the commits would wait for ever.
    for (int i = 0; i < 200; ++i) must(append(*engine, log, {std::string(1000, 'x')}));

    EXPECT_GE(engine->stats().checkpoints, 2u);
    EXPECT_LE(engine->stats().memory_tail, 4 * home_.options.checkpoint_size);
    EXPECT_EQ(must(read_all(*log)).size(), 200u);
}

TEST_F(EngineTest, DamagedConfirmedRecordIsRefusedByPlace) {
    {
        auto engine = open();
        const LogRef log = must(create_log(*engine));
        must(append(*engine, log, {std::string(2000, 'x')}));
        must(append(*engine, log, {"later"}));
        disk_.cut_power();
    }
    SeededRng rng(1);
    const auto image = disk_.after_crash(Survival::nothing, rng);
    const auto names = must(image->list(EngineHome::kDirectory / "journal"));
    for (const std::string& name : names) {
        // Pages: file header, frame of the log's creation, frame of the first record.
        if (name.ends_with(".vj"))
            image->flip_bit(EngineHome::kDirectory / "journal" / name, 2 * 4096 + 500, 3);
    }
    EngineHome restarted{*image};

    const auto opened = restarted.open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
    EXPECT_THAT(opened.error().detail, HasSubstr("/data/journal/"));

    restarted.options.accept_loss = true;
    const auto accepted = must(restarted.open());
    EXPECT_THAT(accepted->recovery().losses, Contains(HasSubstr("lost: offsets 0 to 1 of log ")));
    ASSERT_EQ(accepted->logs().size(), 1u);
    EXPECT_THAT(must(read_all(*accepted->logs()[0])), ElementsAre(Pair(Offset{1}, "later")));
    EXPECT_THAT(unsettled(*accepted->logs()[0]), ElementsAre(1));
}

}  // namespace
}  // namespace varve
