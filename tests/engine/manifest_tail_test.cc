#include "engine/store/manifest_tail.h"

#include "engine/base/bytes.h"
#include "engine/store/crc32c.h"
#include "engine/store/rocks_files.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

using testing::HasSubstr;

TEST(Crc32c, IsTheOneOfTheStandard) {
    EXPECT_EQ(crc32c("123456789"), 0xe3069283U);  // RFC 3720, B.4 has the next one
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
}

// A real MANIFEST, of a few checkpoints.
class ManifestTail : public testing::Test {
protected:
    static inline const Path kDirectory = "/store";

    ManifestTail() {
        auto store = must(open());
        for (int i = 0; i < 3; ++i) checkpoint(*store);
        manifest_ = bytes();
        for (const IoEvent& event : disk_.events())
            if (event.kind == IoKind::write && event.path == path()) last_ = event.at;
    }
    Result<std::unique_ptr<Store>> open(StoreMode mode = StoreMode::read_write) {
        return Store::open(disk_, kDirectory, {.background_merges = false}, mode);
    }
    static void checkpoint(Store& store) {
        auto checkpoint = store.begin_checkpoint();
        checkpoint.put(CatalogueRow{1, "key", std::to_string(store.applied().value)});
        must(checkpoint.commit(store.applied() + 1));
    }
    Path path() {
        for (const auto& name : must(disk_.list(kDirectory)))
            if (name.starts_with("MANIFEST-")) return kDirectory / name;
        return {};
    }
    // Without the room behind its end.
    std::string bytes() {
        const auto file = must(disk_.open(path(), OpenMode::read));
        std::string bytes(must(file->size()), '\0');
        must(file->read_at(0, bytes));
        bytes.resize(must(intact_size_of_manifest(bytes)));
        return bytes;
    }
    void replace(const std::string& bytes) {
        const auto file = must(disk_.open(path(), OpenMode::create_or_truncate));
        must(file->write_at(0, bytes));
        must(file->sync());
    }
    FaultyFileSystem disk_;
    std::string manifest_;
    size_t last_ = 0;  // where the last record begins
};

TEST_F(ManifestTail, AWholeOneIsIntactToItsEnd) {
    EXPECT_EQ(must(intact_size_of_manifest(manifest_)), manifest_.size());
    EXPECT_EQ(must(intact_size_of_manifest(ByteView())), 0U);
}

TEST_F(ManifestTail, CutAnywhereItEndsWithItsLastWholeRecord) {
    ASSERT_LT(last_, manifest_.size());
    for (size_t size = last_; size < manifest_.size(); ++size)
        EXPECT_EQ(must(intact_size_of_manifest(manifest_.substr(0, size))), last_) << size;
}

TEST_F(ManifestTail, WhateverReplacesPartOfTheLastRecordItEndsBeforeThat) {
    SeededRng rng(3);
    for (size_t begin = last_; begin < manifest_.size(); begin += 5) {
        std::string zeros = manifest_;
        std::fill(zeros.begin() + static_cast<ptrdiff_t>(begin), zeros.end(), '\0');
        std::string garbage = manifest_ + std::string(700, 'g');
        for (size_t i = begin; i < garbage.size(); ++i) garbage[i] = static_cast<char>(rng.next());
        EXPECT_EQ(must(intact_size_of_manifest(zeros)), last_) << begin;
        EXPECT_EQ(must(intact_size_of_manifest(garbage)), last_) << begin;
    }
}

TEST_F(ManifestTail, AnyBitOfAnEarlierRecordIsDamage) {
    for (size_t byte = 0; byte < last_; ++byte) {
        std::string damaged = manifest_;
        damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << (byte % 8)));
        const auto intact = intact_size_of_manifest(damaged);
        ASSERT_FALSE(intact) << byte;
        EXPECT_EQ(intact.error().code, ErrorCode::corrupt);
        EXPECT_THAT(intact.error().detail, HasSubstr("damaged at byte "));
    }
}

// A piece of a record in RocksDB's log format.
std::string piece(char type, const std::string& content) {
    std::string checked = type + content;
    const uint32_t checksum = crc32c(checked);
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u32_le(((checksum >> 15) | (checksum << 17)) + 0xa282ead8);
    writer.u16_le(static_cast<uint16_t>(content.size()));
    writer.bytes(checked);
    return bytes;
}

constexpr size_t kBlock = 32768;
constexpr size_t kHeader = 7;
// A record of three pieces behind a small one: it fills the first block, and ends in the third.
class ManifestTailOverBlocks : public testing::Test {
protected:
    const std::string small_ = piece(1, "small");
    const std::string first_ = piece(2, std::string(kBlock - small_.size() - kHeader, 'f'));
    const std::string middle_ = piece(3, std::string(kBlock - kHeader, 'm'));
    const std::string long_ = first_ + middle_ + piece(4, "last");
};

TEST_F(ManifestTailOverBlocks, ALongRecordIsWholeOrNotThere) {
    const std::string whole = small_ + long_;
    EXPECT_EQ(must(intact_size_of_manifest(whole)), whole.size());
    EXPECT_EQ(must(intact_size_of_manifest(whole + small_)), whole.size() + small_.size());
    for (const size_t size : {kBlock - 1, kBlock, 2 * kBlock, whole.size() - 1})
        EXPECT_EQ(must(intact_size_of_manifest(whole.substr(0, size))), small_.size()) << size;
}

TEST_F(ManifestTailOverBlocks, TheFillingAtTheEndOfABlockBelongsToNoRecord) {
    constexpr size_t kFilling = 3;
    const std::string block = piece(1, std::string(kBlock - kHeader - kFilling, 'b'));
    const std::string filled = block + std::string(kFilling, '\0');
    EXPECT_EQ(must(intact_size_of_manifest(filled)), block.size());
    EXPECT_EQ(must(intact_size_of_manifest(filled + small_)), filled.size() + small_.size());
}

TEST_F(ManifestTailOverBlocks, LaterPiecesOfATornRecordProveNothing) {
    std::string torn = small_ + long_;
    torn[small_.size() + 100] = 'x';
    EXPECT_EQ(must(intact_size_of_manifest(torn)), small_.size());
    EXPECT_EQ(intact_size_of_manifest(torn + small_).error().code, ErrorCode::corrupt);
}

TEST_F(ManifestTailOverBlocks, ARecordThatBeginsWithinAnotherIsDamage) {
    EXPECT_EQ(intact_size_of_manifest(piece(2, "begins") + small_).error().code,
              ErrorCode::corrupt);
}

// What the conclusions above rest on.
TEST(RocksManifestFile, ARecordIsDurableBeforeTheNextOneIsWritten) {
    FaultyFileSystem disk;
    RocksManifestFile manifest(must(disk.open("/MANIFEST-1", OpenMode::create_new)), 0);
    must(disk.sync_directory("/"));
    const auto append = [&](const std::string& record) {
        ASSERT_TRUE(manifest.Append(record, {}, nullptr).ok());
    };
    append("one,");
    ASSERT_TRUE(manifest.Sync({}, nullptr).ok());

    append("two,");
    append("three");

    SeededRng rng(1);
    const auto image = disk.after_crash(Survival::nothing, rng);
    std::string bytes(8, ' ');
    must(must(image->open("/MANIFEST-1", OpenMode::read))->read_at(0, bytes));
    EXPECT_EQ(bytes, "one,two,");
}

TEST(RocksManifestFile, OnAFullDiskThereIsRoomForRecordsToCome) {
    FaultyFileSystem disk;
    RocksManifestFile manifest(must(disk.open("/MANIFEST-1", OpenMode::create_new)), 0);
    ASSERT_TRUE(manifest.Append("one", {}, nullptr).ok());
    disk.set_capacity(0);

    for (int i = 0; i < 30; ++i)
        ASSERT_TRUE(manifest.Append(std::string(1000, 'x'), {}, nullptr).ok()) << i;
    rocksdb::IOStatus last;
    for (int i = 0; i < 100 && last.ok(); ++i)
        last = manifest.Append(std::string(1000, 'x'), {}, nullptr);
    EXPECT_TRUE(last.IsNoSpace());
}

TEST_F(ManifestTail, AStoreWithATornEndThatWasNeverConfirmedOpens) {
    for (const std::string& end : {std::string(300, '\0'), std::string(300, 'g')}) {
        replace(bytes() + end);
        const auto store = open();
        ASSERT_TRUE(store) << store.error().detail;
        checkpoint(**store);
    }
    EXPECT_EQ(must(open(StoreMode::read_only))->applied(), Position{5});
}

TEST_F(ManifestTail, AConfirmedCheckpointLostWithTheEndIsToldAndNothingIsTouched) {
    std::string damaged = manifest_;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    replace(damaged);
    const auto before = must(disk_.list(kDirectory));

    const auto store = open();

    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::corrupt);
    EXPECT_THAT(store.error().detail, HasSubstr(path().string() + ": ends at position 2"));
    EXPECT_EQ(must(disk_.list(kDirectory)), before);
    replace(manifest_);
    EXPECT_EQ(must(open())->applied(), Position{3});
}

TEST_F(ManifestTail, DamageWithRecordsBehindIsToldWithTheFileAndTheByte) {
    std::string damaged = manifest_;
    damaged[last_ - 1] = static_cast<char>(damaged[last_ - 1] ^ 1);
    replace(damaged);

    const auto store = open();

    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::corrupt);
    EXPECT_THAT(store.error().detail, HasSubstr(path().string() + ": damaged at byte"));
}

}  // namespace
}  // namespace varve
