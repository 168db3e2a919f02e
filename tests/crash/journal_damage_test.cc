// Damage to what was confirmed is found and told, never skipped (docs/durability.md, P5).
#include "engine/journal/journal.h"
#include "tests/support/journals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// Twelve confirmed frames in several files, left by a clean stop.
class JournalDamage : public testing::Test {
protected:
    static constexpr uint64_t kFrames = 12;

    JournalDamage() {
        auto opened = must(home_.open());
        for (uint64_t i = 0; i < kFrames; ++i) {
            must(append(*opened.journal, payload_of(i, 14'000)));
            must(opened.journal->sync());
        }
        files_ = opened.journal->live_files();
        opened.journal.reset();
        frames_ = must(scan_all(disk_)).frames;
        VARVE_CHECK(frames_.size() == kFrames && files_.size() >= 3);
    }
    // Damage, or its repair.
    void flip(const Path& path, uint64_t byte, unsigned bit = 0) {
        disk_.flip_bit(path, byte, bit);
    }

    FaultyFileSystem disk_;
    JournalHome home_{.disk = disk_};
    std::vector<Journal::FileSummary> files_;
    std::vector<FrameCopy> frames_;
};

TEST_F(JournalDamage, AnyBitOfAnyConfirmedFrameIsMissed) {
    SeededRng rng(3);
    for (const FrameCopy& frame : frames_) {
        const uint64_t payload_begin = frame.file_offset + 64;
        std::vector<uint64_t> bytes = {payload_begin, payload_begin + frame.payload.size() - 1};
        for (uint64_t i = 0; i < 64; ++i) bytes.push_back(frame.file_offset + i);
        for (int i = 0; i < 40; ++i)
            bytes.push_back(payload_begin + rng.below(frame.payload.size()));
        for (const uint64_t byte : bytes) {
            const auto bit = static_cast<unsigned>(rng.below(8));
            flip(frame.file, byte, bit);
            const auto scanned = scan_all(disk_);
            flip(frame.file, byte, bit);
            ASSERT_FALSE(scanned) << frame.file << " byte " << byte << " bit " << bit;
            EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
            EXPECT_THAT(scanned.error().detail, HasSubstr(frame.file.string()));
            EXPECT_THAT(scanned.error().detail,
                        HasSubstr("byte " + std::to_string(frame.file_offset)));
            EXPECT_THAT(scanned.error().detail,
                        HasSubstr("position " + std::to_string(frame.begin.value)));
        }
    }
}

TEST_F(JournalDamage, WhatFillsTheLastPageOfAFrameDoesNotMatter) {
    const FrameCopy& frame = frames_[3];

    flip(frame.file, frame.file_offset + (frame.end - frame.begin) - 1);

    EXPECT_THAT(must(scan_all(disk_)).frames, SizeIs(kFrames));
}

TEST_F(JournalDamage, AnyBitOfAFilesHeaderIsMissed) {
    for (const auto& file : files_) {
        for (uint64_t byte = 0; byte < 4096; byte += byte < 64 ? 1 : 61) {
            flip(file.path, byte, byte % 8);
            const auto scanned = scan_all(disk_);
            flip(file.path, byte, byte % 8);
            ASSERT_FALSE(scanned) << file.path << " byte " << byte;
            EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
            EXPECT_THAT(scanned.error().detail, HasSubstr(file.path.string()));
        }
    }
}

TEST_F(JournalDamage, AnOpenRefusesAndChangesNothing) {
    flip(frames_[5].file, frames_[5].file_offset + 100);
    const auto before = must(disk_.list(JournalHome::kDirectory));

    EXPECT_EQ(home_.open().error().code, ErrorCode::corrupt);
    EXPECT_EQ(must(disk_.list(JournalHome::kDirectory)), before);
    flip(frames_[5].file, frames_[5].file_offset + 100);
    EXPECT_THAT(must(home_.open()).frames, SizeIs(kFrames));
}

TEST_F(JournalDamage, AMissingFileIsMissedAtTheBeginningAndInTheMiddle) {
    for (size_t i = 0; i + 1 < files_.size(); ++i) {
        must(disk_.rename(files_[i].path, "/aside"));
        const auto scanned = scan_all(disk_);
        must(disk_.rename("/aside", files_[i].path));
        ASSERT_FALSE(scanned) << i;
        EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
    }
}

TEST_F(JournalDamage, AMissingEndIsMissedByWhoeverKnowsOfIt) {
    const Position known = frames_.back().end;
    must(disk_.remove(files_.back().path));

    const auto scanned = scan_all(disk_, known);

    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
    EXPECT_THAT(scanned.error().detail, HasSubstr("files are missing"));
}

TEST_F(JournalDamage, AFileCutShortIsMissed) {
    must(must(disk_.open(files_[1].path, OpenMode::read_write))->truncate(20'000));

    EXPECT_EQ(scan_all(disk_).error().code, ErrorCode::corrupt);
}

// Files are allocated whole: a torn tail leaves a file as long as it was.
TEST_F(JournalDamage, TheNewestFileCutShortIsNoTornTail) {
    must(must(disk_.open(files_.back().path, OpenMode::read_write))->truncate(20'000));

    const auto scanned = scan_all(disk_);

    ASSERT_FALSE(scanned);
    EXPECT_EQ(scanned.error().code, ErrorCode::corrupt);
    EXPECT_THAT(scanned.error().detail, HasSubstr("cut short"));
}

TEST_F(JournalDamage, FilesInEachOthersPlaceAreMissed) {
    must(disk_.rename(files_[0].path, "/aside"));
    must(disk_.rename(files_[1].path, files_[0].path));
    must(disk_.rename("/aside", files_[1].path));

    EXPECT_EQ(scan_all(disk_).error().code, ErrorCode::corrupt);
}

TEST_F(JournalDamage, AReadErrorIsNotTakenForATornTail) {
    for (uint64_t skip = 0;; ++skip) {
        disk_.fail({.kind = IoKind::read, .skip = skip});
        const auto scanned = scan_all(disk_);
        if (scanned) {
            EXPECT_GT(skip, files_.size());
            return;
        }
        ASSERT_EQ(scanned.error().code, ErrorCode::io) << skip;
    }
}

TEST_F(JournalDamage, WithLossAcceptedTheRestIsThereAndTheLossIsTold) {
    const FrameCopy& lost = frames_[5];
    flip(lost.file, lost.file_offset + 100);

    auto opened = must(home_.open({}, OnDamage::skip));

    EXPECT_THAT(opened.frames, SizeIs(kFrames - 1));
    ASSERT_THAT(opened.tail.losses, SizeIs(1));
    EXPECT_THAT(opened.tail.losses[0],
                HasSubstr("lost: journal positions " + std::to_string(lost.begin.value) + " to " +
                          std::to_string(lost.end.value)));
    EXPECT_GT(opened.journal->end(), frames_.back().end);
}

TEST_F(JournalDamage, WithLossAcceptedAWholeFileMayBeGone) {
    flip(files_[1].path, 30);

    auto opened = must(home_.open({}, OnDamage::skip));
    const Position end = must(append(*opened.journal, "goes on")).end;
    must(opened.journal->sync());

    EXPECT_THAT(opened.tail.losses, SizeIs(2));  // the file, and the positions that nobody has
    for (const std::string& payload : payloads(opened.frames)) {
        EXPECT_TRUE(std::any_of(
            frames_.begin(), frames_.end(), [&](const auto& f) { return f.payload == payload; }));
    }
    // Once everything that was there is applied elsewhere, nothing is wrong any more.
    opened.journal->recycle_before(end);
    opened.journal.reset();
    EXPECT_TRUE(home_.open(end));
}

TEST_F(JournalDamage, WithLossAcceptedEvenTheWholeJournalMayBeGone) {
    for (const auto& file : files_) must(disk_.remove(file.path));
    const Position known = frames_.back().end;

    EXPECT_EQ(home_.open(known).error().code, ErrorCode::corrupt);
    auto opened = must(home_.open(known, OnDamage::skip));

    EXPECT_FALSE(opened.tail.losses.empty());
    EXPECT_GT(opened.journal->end(), known);
}

}  // namespace
}  // namespace varve
