#include "engine/store/store.h"

#include "tests/support/faulty_file_system.h"
#include "tests/support/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const Path kDirectory = "/data/store";
const LogId kLog = log_id(5);

StoreOptions inline_merges() { return {.background_merges = false}; }

OffsetRange range(int64_t begin, int64_t end) { return {{begin}, {end}}; }

class StoreTest : public testing::Test {
protected:
    StoreTest() { must(disk_.create_directory("/data")); }

    std::unique_ptr<Store> open(StoreMode mode = StoreMode::read_write) {
        return must(Store::open(disk_, kDirectory, inline_merges(), mode));
    }
    // A checkpoint with these batches of kLog, which starts at `start`.
    void put(Store& store,
             const std::vector<OffsetRange>& batches,
             Offset start = {},
             size_t body_size = 10) {
        auto checkpoint = store.begin_checkpoint();
        for (const auto& batch : batches) {
            must(checkpoint.put_batch(kLog, batch, stored_batch(batch, body_size)->encoded()));
        }
        checkpoint.put(LogRow{kLog, value_of(start)});
        must(checkpoint.commit(store.applied() + 1));
    }
    Bytes bytes_of_files() {
        Bytes size = 0;
        for (const auto& name : must(disk_.list(kDirectory)))
            size += must(disk_.info(kDirectory / name)).size;
        return size;
    }

    FaultyFileSystem disk_;
};

std::optional<OffsetRange> found(const Store& store, int64_t offset, int64_t end = 1000) {
    const auto encoded = must(store.find_batch(kLog, {offset}, {end}));
    if (!encoded) return std::nullopt;
    return must(RecordBatch::decode(*encoded))->range();
}

TEST_F(StoreTest, ANewStoreIsEmptyAtPositionZero) {
    const auto store = open();
    EXPECT_EQ(store->applied(), Position{0});
    EXPECT_THAT(must(rows_of(*store)), IsEmpty());
    EXPECT_EQ(found(*store, 0), std::nullopt);
}

TEST_F(StoreTest, GivesBackEveryKindOfRowAfterReopening) {
    {
        auto store = open();
        auto checkpoint = store->begin_checkpoint();
        checkpoint.put(CatalogueRow{3, "queue", "definition"});
        checkpoint.put(LogRow{kLog, value_of({0}, "facts")});
        checkpoint.put(ReturnRow{kLog, {8}, "twice"});
        checkpoint.put(SegmentRow{kLog, {0}, value_of({10})});
        checkpoint.put(CursorRow{kLog, {0xffff'ffff'ffff'ff02}, "floor"});
        checkpoint.put(ChunkRow{kLog, {7}, 2, "bits"});
        must(checkpoint.commit({77}));
    }
    const auto store = open();
    EXPECT_EQ(store->applied(), Position{77});
    const std::string log = kLog.hex();
    EXPECT_THAT(must(rows_of(*store)),
                ElementsAre(Pair("catalogue 3 queue", "definition"),
                            Pair("chunk " + log + " 7 2", "bits"),
                            Pair("cursor " + log + " 18446744073709551362", "floor"),
                            Pair("log " + log, value_of({0}, "facts")),
                            Pair("return " + log + " 8", "twice"),
                            Pair("segment " + log + " 0", value_of({10}))));
}

TEST_F(StoreTest, TheLastOfSeveralRowsWithOneKeyCountsAndAnEmptyOneDeletes) {
    auto store = open();
    auto first = store->begin_checkpoint();
    first.put(CatalogueRow{1, "a", "old"});
    first.put(CatalogueRow{1, "a", "new"});
    first.put(CatalogueRow{1, "b", "there"});
    must(first.commit({1}));
    auto second = store->begin_checkpoint();
    second.put(CatalogueRow{1, "b", ""});
    must(second.commit({2}));
    EXPECT_THAT(must(rows_of(*store)), ElementsAre(Pair("catalogue 1 a", "new")));
}

TEST_F(StoreTest, FindsTheBatchThatHoldsAnOffsetOrElseTheNextOne) {
    auto store = open();
    put(*store, {range(0, 10), range(10, 11)});
    put(*store, {range(20, 30)});
    EXPECT_EQ(found(*store, 0), range(0, 10));
    EXPECT_EQ(found(*store, 9), range(0, 10));
    EXPECT_EQ(found(*store, 10), range(10, 11));
    EXPECT_EQ(found(*store, 11), range(20, 30));
    EXPECT_EQ(found(*store, 25), range(20, 30));
    EXPECT_EQ(found(*store, 30), std::nullopt);
    EXPECT_EQ(found(*store, 11, 20), std::nullopt);
    EXPECT_EQ(found(*store, 11, 21), range(20, 30));
}

TEST_F(StoreTest, OneLogsBatchesAreNotAnothers) {
    auto store = open();
    auto checkpoint = store->begin_checkpoint();
    for (const uint8_t n : std::vector<uint8_t>{0, 5, 255}) {
        const auto log = log_id(n);
        checkpoint.put(LogRow{log, value_of({0})});
        must(checkpoint.put_batch(log, range(n, n + 1), stored_batch(range(n, n + 1))->encoded()));
    }
    must(checkpoint.commit({1}));
    for (const uint8_t n : std::vector<uint8_t>{0, 5, 255}) {
        EXPECT_THAT(must(batches_of(*store, log_id(n))), ElementsAre(range(n, n + 1)));
    }
    EXPECT_THAT(must(batches_of(*store, log_id(6))), IsEmpty());
}

TEST_F(StoreTest, NothingOfACheckpointIsThereBeforeItsCommit) {
    auto store = open();
    {
        auto abandoned = store->begin_checkpoint();
        abandoned.put(LogRow{kLog, value_of({0})});
        must(abandoned.put_batch(kLog, range(0, 5), stored_batch(range(0, 5))->encoded()));
        EXPECT_EQ(found(*store, 0), std::nullopt);
    }
    EXPECT_EQ(found(*store, 0), std::nullopt);
    EXPECT_EQ(store->applied(), Position{0});
    put(*store, {range(0, 7)});
    EXPECT_THAT(must(batches_of(*store, kLog)), ElementsAre(range(0, 7)));
}

TEST_F(StoreTest, TrimmedSegmentsAndReturnsAreNotShown) {
    auto store = open();
    auto checkpoint = store->begin_checkpoint();
    checkpoint.put(LogRow{kLog, value_of({10})});
    checkpoint.put(SegmentRow{kLog, {0}, value_of({10})});
    checkpoint.put(SegmentRow{kLog, {10}, value_of({20})});
    checkpoint.put(ReturnRow{kLog, {9}, "gone"});
    checkpoint.put(ReturnRow{kLog, {10}, "here"});
    must(checkpoint.commit({1}));
    const std::string log = kLog.hex();
    const auto store_again = (store.reset(), open());
    EXPECT_THAT(must(rows_of(*store_again)),
                ElementsAre(Pair("log " + log, value_of({10})),
                            Pair("return " + log + " 10", "here"),
                            Pair("segment " + log + " 10", value_of({20}))));
}

TEST_F(StoreTest, NothingOfADeletedLogIsShown) {
    auto store = open();
    auto checkpoint = store->begin_checkpoint();
    checkpoint.put(LogRow{kLog, value_of({0})});
    checkpoint.put(LogRow{log_id(6), value_of({0})});
    for (const LogId log : {kLog, log_id(6)}) {
        checkpoint.put(SegmentRow{log, {0}, value_of({10})});
        checkpoint.put(CursorRow{log, kQueueCursor, "floor"});
        checkpoint.put(ChunkRow{log, kQueueCursor, 0, "bits"});
        checkpoint.put(ReturnRow{log, {5}, "once"});
    }
    must(checkpoint.commit({1}));
    auto deletion = store->begin_checkpoint();
    deletion.erase_log(kLog);
    must(deletion.commit({2}));
    for (const auto& row : must(rows_of(*store)))
        EXPECT_EQ(row.first.find(kLog.hex()), std::string::npos) << row.first;
    EXPECT_EQ(must(rows_of(*store)).size(), 5U);
}

TEST_F(StoreTest, TheBytesOfADeletedLogLeaveTheDisk) {
    auto store = open();
    put(*store, {range(0, 50'000)}, {0}, 1000);
    ASSERT_GT(bytes_of_files(), 50'000'000U);
    auto deletion = store->begin_checkpoint();
    deletion.erase_log(kLog);
    must(deletion.commit({2}));
    EXPECT_LT(bytes_of_files(), 1'000'000U);
}

TEST_F(StoreTest, TheBytesBelowALogsStartLeaveTheDisk) {
    auto store = open();
    for (int64_t i = 0; i < 20; ++i) put(*store, {range(i * 5000, (i + 1) * 5000)}, {0}, 1000);
    ASSERT_GT(bytes_of_files(), 100'000'000U);
    put(*store, {range(100'000, 100'001)}, {99'990});
    EXPECT_LT(bytes_of_files(), 10'000'000U);
    EXPECT_EQ(found(*store, 99'990, 200'000), range(95'000, 100'000));
}

TEST_F(StoreTest, TheBytesInHolesLeaveTheDisk) {
    auto store = open();
    for (int64_t i = 0; i < 20; ++i) put(*store, {range(i * 5000, (i + 1) * 5000)}, {0}, 1000);
    ASSERT_GT(bytes_of_files(), 100'000'000U);
    auto checkpoint = store->begin_checkpoint();
    checkpoint.put(HoleRow{kLog, {5000}, value_of({60'000})});
    checkpoint.put(HoleRow{kLog, {65'000}, value_of({95'000})});
    must(checkpoint.commit(store->applied() + 1));
    EXPECT_LT(bytes_of_files(), 20'000'000U);
    store.reset();
    store = open();
    EXPECT_THAT(must(batches_of(*store, kLog)),
                ElementsAre(range(0, 5000), range(60'000, 65'000), range(95'000, 100'000)));

    // With the start beyond them the holes' rows go, too.
    put(*store, {range(100'000, 100'001)}, {99'990});
    EXPECT_THAT(must(batches_of(*store, kLog, {95'000})),
                ElementsAre(range(95'000, 100'000), range(100'000, 100'001)));
}

TEST_F(StoreTest, BatchesOfManyLogsStayReadableThroughManyMerges) {
    constexpr int64_t kCheckpoints = 60;
    constexpr uint8_t kLogs = 20;
    {
        auto store = open();
        for (int64_t i = 0; i < kCheckpoints; ++i) {
            auto checkpoint = store->begin_checkpoint();
            for (uint8_t n = 0; n < kLogs; ++n) {
                const auto batch = range(i * 3, i * 3 + 3);
                must(checkpoint.put_batch(log_id(n), batch, stored_batch(batch, 100)->encoded()));
                checkpoint.put(LogRow{log_id(n), value_of({n == 0 ? i * 3 : 0})});
            }
            must(checkpoint.commit(store->applied() + 1));
        }
        EXPECT_LT(store->stats().files, 30U);
        EXPECT_GT(store->stats().bytes_compacted, 0U);
    }
    const auto store = open();
    must(store->verify([](const Path&, Bytes, Bytes) {}));
    for (uint8_t n = 1; n < kLogs; ++n) {
        const auto batches = must(batches_of(*store, log_id(n)));
        ASSERT_EQ(batches.size(), static_cast<size_t>(kCheckpoints));
        for (int64_t i = 0; i < kCheckpoints; ++i) EXPECT_EQ(batches[i], range(i * 3, i * 3 + 3));
    }
    EXPECT_THAT(must(batches_of(*store, log_id(0), {(kCheckpoints - 1) * 3})),
                ElementsAre(range(177, 180)));
}

// On the machine's file system, which alone has a page cache.
TEST_F(StoreTest, WhatIsWrittenPastThePageCacheReadsBackAndHasNoByteTooMany) {
    std::string name = (std::filesystem::temp_directory_path() / "varve-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    const Path directory = Path(name) / "store";
    std::vector<std::string> written;
    {
        auto store = must(
            Store::open(posix_file_system(), directory, inline_merges(), StoreMode::read_write));
        for (int n = 0; n < 3; ++n) {
            auto checkpoint = store->begin_checkpoint(Store::Reading::unlikely);
            for (int part = 0; part < 20; ++part) {
                const OffsetRange batch = range(n * 200 + part * 10, n * 200 + part * 10 + 10);
                written.emplace_back(stored_batch(batch, 977 * (part + 1))->encoded());
                must(checkpoint.put_batch(kLog, batch, written.back()));
            }
            checkpoint.put(LogRow{kLog, value_of({0})});
            must(checkpoint.commit(store->applied() + 1));
        }
    }
    auto store =
        must(Store::open(posix_file_system(), directory, inline_merges(), StoreMode::read_write));
    size_t at = 0;
    must(store->for_each_batch(kLog, {0}, [&](Offset, ByteView encoded) -> Result<void> {
        EXPECT_TRUE(at < written.size() && encoded == written[at]);
        ++at;
        return ok();
    }));
    EXPECT_EQ(at, written.size());
    must(store->verify([](const Path&, Bytes, Bytes) {}));
    store.reset();
    std::filesystem::remove_all(name);
}

TEST_F(StoreTest, OnlyOneProcessMayHaveItOpen) {
    const auto store = open();
    const auto second = Store::open(disk_, kDirectory, {}, StoreMode::read_write);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::busy) << second.error().detail;
}

TEST_F(StoreTest, ReadingBesideItsOwnerChangesNothing) {
    auto store = open();
    put(*store, {range(0, 10)});
    const uint64_t events = disk_.event_count();
    {
        const auto reader = open(StoreMode::read_only);
        EXPECT_EQ(reader->applied(), Position{1});
        EXPECT_EQ(must(rows_of(*reader)).size(), 1U);
        EXPECT_THAT(must(batches_of(*reader, kLog)), ElementsAre(range(0, 10)));
        must(reader->verify([](const Path&, Bytes, Bytes) {}));
        EXPECT_EQ(disk_.event_count(), events);
        put(*store, {range(10, 20)});
        EXPECT_THAT(must(batches_of(*reader, kLog)), ElementsAre(range(0, 10)));
    }
    EXPECT_THAT(must(batches_of(*open(StoreMode::read_only), kLog)),
                ElementsAre(range(0, 10), range(10, 20)));
}

TEST_F(StoreTest, ReadingWhereThereIsNoneCreatesNothing) {
    const uint64_t events = disk_.event_count();
    EXPECT_FALSE(Store::open(disk_, kDirectory, {}, StoreMode::read_only));
    EXPECT_EQ(disk_.event_count(), events);
}

TEST_F(StoreTest, AMissingFileListIsNotTakenForANewStore) {
    { put(*open(), {range(0, 10)}); }
    must(disk_.remove(kDirectory / "CURRENT"));
    const auto store = Store::open(disk_, kDirectory, {}, StoreMode::read_write);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().detail.find("CURRENT"), std::string::npos) << store.error().detail;
}

TEST_F(StoreTest, VerifyHearsOfEachFileAndItsEnd) {
    auto store = open();
    put(*store, {range(0, 3000)}, {0}, 1000);
    Bytes verified = 0;
    must(store->verify([&](const Path&, Bytes done, Bytes total) {
        EXPECT_LE(done, total);
        if (done == total) verified += total;
    }));
    EXPECT_EQ(verified, store->stats().bytes_on_disk);
}

}  // namespace
}  // namespace varve
