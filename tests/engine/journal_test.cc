// What the journal promises while the power stays on. Power loss:
// tests/crash/journal_crash_test.cc.
#include "engine/journal/journal.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "tests/support/journals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JournalTest : public testing::Test {
protected:
    OpenedJournal open(Position from = {}) { return must(home_.open(from)); }
    // Appends frames [begin, end) and syncs. Answers where the last one ended.
    Position write(Journal& journal, uint64_t begin, uint64_t end, size_t size = 100) {
        Position last;
        for (uint64_t i = begin; i < end; ++i)
            last = must(append(journal, payload_of(i, size))).end;
        must(journal.sync());
        return last;
    }
    std::vector<std::string> expected(uint64_t begin, uint64_t end, size_t size = 100) {
        std::vector<std::string> all;
        for (uint64_t i = begin; i < end; ++i) all.push_back(payload_of(i, size));
        return all;
    }
    std::vector<std::string> files_ending(const std::string& ending) {
        std::vector<std::string> names;
        for (const std::string& name : must(disk_.list(JournalHome::kDirectory))) {
            if (name.ends_with(ending)) names.push_back(name);
        }
        return names;
    }

    FaultyFileSystem disk_;
    JournalHome home_{.disk = disk_};
};

TEST_F(JournalTest, ANewOneIsEmpty) {
    const auto opened = open();

    EXPECT_THAT(opened.frames, IsEmpty());
    EXPECT_EQ(opened.tail.frames, 0u);
    EXPECT_EQ(opened.journal->boot(), 1u);
    EXPECT_EQ(opened.journal->end(), opened.journal->durable_end());
}

TEST_F(JournalTest, FramesComeBackAsTheyWereWritten) {
    {
        auto opened = open();
        home_.clock.advance(std::chrono::seconds(5));
        const std::vector<ByteView> pieces = {"ab", "", "cdef"};
        must(opened.journal->append(pieces, 3));
        must(append(*opened.journal, "second"));
        must(opened.journal->sync());
    }

    const auto again = open();

    ASSERT_EQ(again.frames.size(), 2u);
    EXPECT_EQ(again.frames[0].payload, "abcdef");
    EXPECT_EQ(again.frames[0].entry_count, 3u);
    EXPECT_EQ(again.frames[0].boot, 1u);
    EXPECT_EQ(again.frames[0].written, ManualClock::kStart + std::chrono::seconds(5));
    EXPECT_EQ(again.frames[1].payload, "second");
    EXPECT_EQ(again.frames[1].begin, again.frames[0].end);
    EXPECT_EQ(again.tail.frames, 2u);
    EXPECT_EQ(again.tail.bytes_cut, 0u);
    EXPECT_EQ(again.tail.last_boot, 1u);
}

TEST_F(JournalTest, FramesOfEverySizeComeBackAndShareNoPage) {
    const std::vector<size_t> sizes = {
        0, 1, 4031, 4032, 4033, 8128, 40'000, 61'376, 61'377, 200'000, 5};
    {
        auto opened = open();
        for (size_t i = 0; i < sizes.size(); ++i)
            must(append(*opened.journal, payload_of(i, sizes[i])));
        must(opened.journal->sync());
    }

    const auto again = open();

    ASSERT_EQ(again.frames.size(), sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(again.frames[i].payload, payload_of(i, sizes[i])) << sizes[i];
        EXPECT_EQ(again.frames[i].begin.value % 4096, 0u);
        EXPECT_EQ(again.frames[i].file_offset % 4096, 0u);
    }
}

TEST_F(JournalTest, AFrameBeyondTheLimitIsRefusedAndTheJournalStaysGood) {
    auto opened = open();
    const std::vector<ByteView> too_much(1025,
                                         ByteView(payload_of(1, 1_MiB)));  // Never looked into.

    EXPECT_EQ(opened.journal->append(too_much, 1).error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(append(*opened.journal, "x"));
}

TEST_F(JournalTest, DurableEndFollowsTheSync) {
    auto opened = open();
    const Position begin = opened.journal->end();

    const auto placed = must(append(*opened.journal, "x"));
    EXPECT_EQ(placed.begin, begin);
    EXPECT_EQ(opened.journal->end(), placed.end);
    EXPECT_EQ(opened.journal->durable_end(), begin);

    must(opened.journal->sync());
    EXPECT_EQ(opened.journal->durable_end(), placed.end);
}

TEST_F(JournalTest, GoesOnInTheNextFileWithoutAGap) {
    auto opened = open();
    Position last = opened.journal->end();
    for (uint64_t i = 0; i < 40; ++i) {
        const auto placed = must(append(*opened.journal, payload_of(i, 5000)));
        EXPECT_EQ(placed.begin, last);
        last = placed.end;
    }
    must(opened.journal->sync());

    EXPECT_GE(opened.journal->live_files().size(), 5u);
    EXPECT_EQ(payloads(open().frames), expected(0, 40, 5000));
}

TEST_F(JournalTest, ReplaysFromThePositionAskedFor) {
    Position half;
    {
        auto opened = open();
        half = write(*opened.journal, 0, 10);
        write(*opened.journal, 10, 20);
    }

    EXPECT_EQ(payloads(open(half).frames), expected(10, 20));
    EXPECT_EQ(payloads(must(scan_all(disk_, half)).frames), expected(10, 20));
}

TEST_F(JournalTest, EachOpenIsABootOfItsOwnEvenIfNothingIsWritten) {
    EXPECT_EQ(open().journal->boot(), 1u);
    EXPECT_EQ(open().journal->boot(), 2u);
    auto third = open();
    must(append(*third.journal, "x"));
    must(third.journal->sync());
    third.journal.reset();

    const auto fourth = open();
    EXPECT_EQ(fourth.journal->boot(), 4u);
    EXPECT_EQ(fourth.tail.last_boot, 3u);
}

TEST_F(JournalTest, PositionsAreNotReusedByTheNextOpen) {
    Position highest;
    for (int boot = 0; boot < 5; ++boot) {
        auto opened = open();
        EXPECT_GE(opened.journal->end(), highest);
        highest = write(*opened.journal, 0, 3);
        highest = must(append(*opened.journal, "never synced")).end;
    }
}

TEST_F(JournalTest, OpeningAgainAndAgainDoesNotFillTheDisk) {
    Position end;
    {
        auto opened = open();
        end = write(*opened.journal, 0, 3);
    }
    for (int boot = 0; boot < 20; ++boot) open(end);

    EXPECT_LE(must(disk_.list(JournalHome::kDirectory)).size(), 6u);
    EXPECT_EQ(payloads(open().frames), expected(0, 3));
}

TEST_F(JournalTest, FilesThatAreNoLongerNeededAreUsedAgain) {
    auto opened = open();
    for (uint64_t i = 0; i < 200; ++i) {
        const Position end = write(*opened.journal, i, i + 1, 5000);
        opened.journal->recycle_before(end);
        EXPECT_LE(opened.journal->live_files().size(), 2u);
        EXPECT_LE(opened.journal->bytes_on_disk(), 64_KiB * 6);
    }
}

TEST_F(JournalTest, FramesOfAFilesFormerLifeAreNeverSeen) {
    Position recycled;
    {
        auto opened = open();
        for (uint64_t i = 0; i < 100; ++i) {
            recycled = write(*opened.journal, i, i + 1, 5000);
            opened.journal->recycle_before(recycled);
        }
        write(*opened.journal, 100, 103);
    }

    EXPECT_EQ(payloads(open(recycled).frames), expected(100, 103));
}

TEST_F(JournalTest, AReaderThatComesBeforeWhatWasRecycledIsToldSo) {
    auto opened = open();
    opened.journal->recycle_before(write(*opened.journal, 0, 50, 5000));
    opened.journal.reset();

    const auto scanned = scan_all(disk_, Position{0});

    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
    EXPECT_THAT(scanned.error().detail, HasSubstr("from position 0"));
}

TEST_F(JournalTest, AReaderWritesNothing) {
    auto opened = open();
    write(*opened.journal, 0, 10);
    opened.journal.reset();
    const uint64_t before = disk_.event_count();

    EXPECT_EQ(must(scan_all(disk_)).frames.size(), 10u);
    EXPECT_EQ(disk_.event_count(), before);
}

TEST_F(JournalTest, AReaderOfNothingFindsNothing) {
    EXPECT_EQ(must(scan_all(disk_)).tail.frames, 0u);
    EXPECT_EQ(scan_all(disk_, Position{4096}).error().code, ErrorCode::corrupt);
}

TEST_F(JournalTest, AVisitorsErrorEndsTheReading) {
    auto opened = open();
    write(*opened.journal, 0, 3);
    int visits = 0;

    const auto scanned =
        scan_journal(disk_, JournalHome::kDirectory, {}, [&](const FrameView&) -> Result<void> {
            ++visits;
            return Error{ErrorCode::newer_format, "entry kind 99"};
        });

    EXPECT_EQ(scanned.error().code, ErrorCode::newer_format);
    EXPECT_EQ(visits, 1);
}

TEST_F(JournalTest, LeftoversOfADeadProcessAreClearedAway) {
    must(disk_.create_directory(JournalHome::kDirectory));
    for (const char* name : {"0000000000000003.new", "0000000000000004.spare"}) {
        must(must(disk_.open(JournalHome::kDirectory / name, OpenMode::create_new))
                 ->write_at(0, "half"));
    }

    auto opened = open();
    write(*opened.journal, 0, 1);

    EXPECT_FALSE(disk_.info(JournalHome::kDirectory / "0000000000000003.new"));
    EXPECT_FALSE(disk_.info(JournalHome::kDirectory / "0000000000000004.spare"));
}

TEST_F(JournalTest, AfterAFailedSyncNothingIsTakenUntilReopened) {
    auto opened = open();
    write(*opened.journal, 0, 1);
    must(append(*opened.journal, payload_of(1)));
    const Position durable = opened.journal->durable_end();
    disk_.fail({.kind = IoKind::sync, .path_part = ".vj"});

    EXPECT_EQ(opened.journal->sync().error().code, ErrorCode::io);
    EXPECT_EQ(opened.journal->sync().error().code, ErrorCode::io);
    EXPECT_EQ(append(*opened.journal, "x").error().code, ErrorCode::io);
    EXPECT_EQ(opened.journal->durable_end(), durable);

    opened.journal.reset();
    auto again = open();
    EXPECT_EQ(payloads(again.frames), expected(0, 2));
    write(*again.journal, 2, 3);
}

TEST_F(JournalTest, AfterAFailedWriteNothingIsTakenUntilReopened) {
    auto opened = open();
    write(*opened.journal, 0, 2);
    disk_.fail({.kind = IoKind::write, .path_part = ".vj"});

    EXPECT_EQ(append(*opened.journal, payload_of(2, 9000)).error().code, ErrorCode::io);
    EXPECT_EQ(append(*opened.journal, "x").error().code, ErrorCode::io);

    opened.journal.reset();
    EXPECT_EQ(payloads(open().frames), expected(0, 2));
}

TEST_F(JournalTest, AFullDiskRefusesAFrameAndTakesItOnceThereIsRoom) {
    auto opened = open();
    disk_.set_capacity(0);
    uint64_t written = 0;
    while (true) {
        const auto placed = append(*opened.journal, payload_of(written, 5000));
        if (!placed) {
            EXPECT_EQ(placed.error().code, ErrorCode::no_space);
            break;
        }
        ++written;
        ASSERT_LT(written, 1000u);
    }
    must(opened.journal->sync());
    EXPECT_EQ(append(*opened.journal, payload_of(written, 5000)).error().code, ErrorCode::no_space);

    disk_.set_capacity(100_MiB);
    write(*opened.journal, written, written + 10, 5000);

    opened.journal.reset();
    EXPECT_EQ(payloads(open().frames), expected(0, written + 10, 5000));
}

TEST_F(JournalTest, AFullDiskIsRelievedByRecycling) {
    auto opened = open();
    uint64_t written = 30;
    write(*opened.journal, 0, written, 5000);
    disk_.set_capacity(0);
    while (append(*opened.journal, payload_of(written, 5000))) ++written;
    must(opened.journal->sync());

    opened.journal->recycle_before(opened.journal->durable_end());

    const auto placed = append(*opened.journal, payload_of(written, 5000));
    EXPECT_TRUE(placed) << placed.error().detail;
}

TEST_F(JournalTest, AFileSystemThatCannotOverwriteInPlaceOnAFullDiskLosesNothing) {
    auto opened = open();
    write(*opened.journal, 0, 1);
    disk_.fail({.kind = IoKind::write, .code = ErrorCode::no_space, .path_part = ".vj"});

    EXPECT_EQ(append(*opened.journal, payload_of(1, 9000)).error().code, ErrorCode::no_space);
    write(*opened.journal, 1, 3);

    // The same for the header of the next file.
    disk_.fail({.kind = IoKind::write, .code = ErrorCode::no_space, .path_part = ".spare"});
    EXPECT_EQ(append(*opened.journal, payload_of(3, 60'000)).error().code, ErrorCode::no_space);
    write(*opened.journal, 3, 4, 60'000);

    opened.journal.reset();
    const auto again = open();
    ASSERT_EQ(again.frames.size(), 4u);
    EXPECT_EQ(again.frames[3].payload, payload_of(3, 60'000));
}

TEST_F(JournalTest, AFileOfANewerFormatIsRefusedAsSuch) {
    {
        auto opened = open();
        write(*opened.journal, 0, 1);
    }
    const auto names = files_ending(".vj");
    ASSERT_EQ(names.size(), 1u);
    // A version 2 header with a good checksum: built from ours.
    const Path path = JournalHome::kDirectory / names[0];
    auto file = must(disk_.open(path, OpenMode::read_write));
    std::string page(4096, '\0');
    must(file->read_at(0, page));
    page[8] = 2;
    for (size_t i = 16; i < 24; ++i) page[i] = 0;
    const uint64_t hash = xxh3(page);
    store_le(page.data() + 16, hash);
    must(file->write_at(0, page));

    EXPECT_EQ(home_.open().error().code, ErrorCode::newer_format);
}

}  // namespace
}  // namespace varve
