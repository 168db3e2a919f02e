// What the journal promises when the power goes, at every event of its life.
#include "engine/journal/journal.h"
#include "tests/support/crash_points.h"
#include "tests/support/journals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

// Frames are numbered in the order in which they are appended: frame n holds payload_of(n, size).
struct JournalHistory {
    struct Attempt {
        uint64_t number = 0;
        size_t size = 0;
        std::optional<Journal::Placement> placed;  // none: the call did not return
    };
    std::vector<Attempt> attempts;
    size_t durable_count = 0;  // of attempts
    Position recycled_before;  // as the store would know it: durable elsewhere up to here
    Position highest;          // ever handed out

    void append(Journal& journal, size_t size = 100) {
        attempts.push_back({.number = attempts.size(), .size = size, .placed = {}});
        Attempt& attempt = attempts.back();
        attempt.placed = or_stop(varve::append(journal, payload_of(attempt.number, size)));
        highest = std::max(highest, attempt.placed->end);
    }
    void sync(Journal& journal) {
        or_stop(journal.sync());
        durable_count = attempts.size();
    }
    void recycle(Journal& journal) {
        recycled_before = journal.durable_end();
        journal.recycle_before(recycled_before);
    }
};

// What recover_and_go_on() appends.
constexpr uint64_t kMore = 1000;
constexpr uint64_t kMoreCount = 3;
constexpr size_t kMoreSize = 3000;

// Takes away what an earlier recovery appended before it was cut itself: its first few frames, in
// order.
std::vector<FrameCopy> without_more(std::vector<FrameCopy> frames) {
    const auto is_first = [](const FrameCopy& frame) {
        return frame.payload == payload_of(kMore, kMoreSize);
    };
    const auto begin = std::find_if(frames.begin(), frames.end(), is_first);
    uint64_t number = kMore;
    for (auto frame = begin; frame != frames.end(); ++frame) {
        EXPECT_EQ(frame->payload, payload_of(number++, kMoreSize));
    }
    frames.erase(begin, frames.end());
    return frames;
}

// Every confirmed frame beyond what was recycled is there, where it was; what else is there was
// attempted, in order.
void expect_promises_kept(const JournalHistory& history, const std::vector<FrameCopy>& frames) {
    size_t next = 0;
    while (next < history.attempts.size() && history.attempts[next].placed &&
           history.attempts[next].placed->end <= history.recycled_before) {
        ++next;
    }
    for (const FrameCopy& frame : frames) {
        ASSERT_LT(next, history.attempts.size()) << "a frame nobody wrote";
        const auto& attempt = history.attempts[next++];
        EXPECT_EQ(frame.payload, payload_of(attempt.number, attempt.size));
        if (attempt.placed) {
            EXPECT_EQ(frame.begin, attempt.placed->begin);
            EXPECT_EQ(frame.end, attempt.placed->end);
        }
    }
    EXPECT_GE(next, history.durable_count) << "a confirmed frame is lost";
}

// Opens after the crash, checks, goes on writing, and opens once more.
void recover_and_go_on(FaultyFileSystem& disk, const JournalHistory& history) {
    JournalHome home{.disk = disk};
    std::vector<std::string> expected;
    {
        auto opened = or_stop(home.open(history.recycled_before));
        expect_promises_kept(history, without_more(opened.frames));
        EXPECT_GE(opened.journal->end(), history.highest) << "a position would be used twice";
        expected = payloads(opened.frames);
        for (uint64_t i = kMore; i < kMore + kMoreCount; ++i) {
            expected.push_back(payload_of(i, kMoreSize));
            or_stop(append(*opened.journal, expected.back()));
        }
        or_stop(opened.journal->sync());
    }
    EXPECT_EQ(payloads(or_stop(home.open(history.recycled_before)).frames), expected);
}

constexpr CrashOptions kSecondCrash{.points_max = 40, .random_images = 1, .second_points = 12};

void append_and_sync(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    const auto opened = or_stop(home.open());
    for (int commit = 0; commit < 6; ++commit) {
        history.append(*opened.journal);
        history.append(*opened.journal, 5000);
        history.sync(*opened.journal);
    }
    history.append(*opened.journal, 9000);
    history.append(*opened.journal, 10);
}

TEST(JournalCrash, DurableFramesSurviveAndTheRestIsAPrefix) {
    for_each_crash_point<JournalHistory>(append_and_sync, recover_and_go_on, {.random_images = 12});
}

TEST(JournalCrash, ACrashDuringRecoveryLosesNothingEither) {
    for_each_crash_point<JournalHistory>(append_and_sync, recover_and_go_on, kSecondCrash);
}

void fill_files(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    const auto opened = or_stop(home.open());
    for (int commit = 0; commit < 25; ++commit) {
        history.append(*opened.journal, 7000);
        history.append(*opened.journal, 1000);
        history.sync(*opened.journal);
    }
    history.append(*opened.journal, 150'000);  // A file of its own.
    history.sync(*opened.journal);
    history.append(*opened.journal);
    history.sync(*opened.journal);
}

TEST(JournalCrash, GoingOnInTheNextFileIsSafeAtEveryStep) {
    for_each_crash_point<JournalHistory>(fill_files, recover_and_go_on);
}

void use_files_again(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    const auto opened = or_stop(home.open());
    for (int commit = 0; commit < 40; ++commit) {
        history.append(*opened.journal, 12'000);
        history.sync(*opened.journal);
        if (commit % 7 == 0) history.recycle(*opened.journal);
    }
}

TEST(JournalCrash, UsingFilesAgainIsSafeAtEveryStep) {
    for_each_crash_point<JournalHistory>(use_files_again, recover_and_go_on);
}

TEST(JournalCrash, ACrashWhileRecoveringReusedFilesLosesNothing) {
    for_each_crash_point<JournalHistory>(use_files_again, recover_and_go_on, kSecondCrash);
}

// The process dies, the machine does not: the page cache still holds what was never synced.
void die_and_come_back(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    for (int life = 0; life < 4; ++life) {
        const auto opened = or_stop(home.open());
        history.durable_count = std::max(history.durable_count, opened.frames.size());
        EXPECT_EQ(opened.frames.size(), history.attempts.size());
        history.append(*opened.journal, 6000);
        history.append(*opened.journal);
    }
}

TEST(JournalCrash, WhatWasReplayedIsDurableEvenIfADeadProcessNeverSyncedIt) {
    for_each_crash_point<JournalHistory>(die_and_come_back, recover_and_go_on);
}

// A sync fails, the process ends as it should, and the next one finds the frames in the page cache,
// which by then claims to be clean.
void fail_a_sync_and_come_back(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    {
        const auto opened = or_stop(home.open());
        history.append(*opened.journal, 6000);
        history.sync(*opened.journal);
        history.append(*opened.journal, 6000);
        if (!disk.has_power()) return;
        disk.fail({.kind = IoKind::sync, .path_part = ".vj"});
        EXPECT_FALSE(opened.journal->sync());
        EXPECT_FALSE(opened.journal->sync());
    }
    const auto opened = or_stop(home.open());
    EXPECT_EQ(opened.frames.size(), 2u);
    history.durable_count = opened.frames.size();
    history.append(*opened.journal);
    history.sync(*opened.journal);
}

TEST(JournalCrash, AFailedSyncIsNotTurnedIntoAConfirmByTheNextProcess) {
    for_each_crash_point<JournalHistory>(fail_a_sync_and_come_back, recover_and_go_on);
}

void fill_the_disk(FaultyFileSystem& disk, JournalHistory& history) {
    JournalHome home{.disk = disk};
    const auto opened = or_stop(home.open());
    disk.set_capacity(300_KiB);
    for (uint64_t number = 0; number < 60; ++number) {
        history.attempts.push_back({.number = number, .size = 9000, .placed = {}});
        auto placed = append(*opened.journal, payload_of(number, 9000));
        if (!placed && placed.error().code == ErrorCode::no_space) {
            or_stop(opened.journal->sync());
            history.durable_count = number;
            disk.set_capacity(600_KiB);
            placed = append(*opened.journal, payload_of(number, 9000));
            if (!placed && placed.error().code == ErrorCode::no_space) {
                history.attempts.pop_back();
                break;
            }
        }
        history.attempts.back().placed = or_stop(std::move(placed));
        history.highest = history.attempts.back().placed->end;
    }
    history.sync(*opened.journal);
}

TEST(JournalCrash, AFullDiskLosesNothing) {
    for_each_crash_point<JournalHistory>(fill_the_disk, recover_and_go_on);
}

// A journal in wrong hands: the harness must see a confirm that no sync covers.
TEST(JournalCrash, AConfirmWithoutASyncIsFound) {
    bool lost = false;
    for_each_crash_point<JournalHistory>(
        [](FaultyFileSystem& disk, JournalHistory& history) {
            JournalHome home{.disk = disk};
            const auto opened = or_stop(home.open());
            for (int i = 0; i < 3; ++i) {
                history.append(*opened.journal);
                history.durable_count = history.attempts.size();
            }
        },
        [&](FaultyFileSystem& disk, const JournalHistory& history) {
            JournalHome home{.disk = disk};
            if (or_stop(home.open()).frames.size() < history.durable_count) lost = true;
        });
    EXPECT_TRUE(lost);
}

TEST(JournalCrash, ATornFrameIsCutOffAndReportedWithItsPlace) {
    FaultyFileSystem disk;
    JournalHome home{.disk = disk};
    auto opened = must(home.open());
    must(append(*opened.journal, payload_of(0)));
    must(opened.journal->sync());
    const auto torn = must(append(*opened.journal, payload_of(1, 9000)));
    disk.flip_bit(opened.journal->live_files().back().path, 4096 + 4096 + 5000, 3);
    disk.cut_power();
    SeededRng rng(1);
    const auto restarted = disk.after_crash(Survival::everything, rng);

    const auto scanned = must(scan_all(*restarted));

    EXPECT_EQ(scanned.frames.size(), 1u);
    EXPECT_EQ(scanned.tail.end, torn.begin);
    EXPECT_EQ(scanned.tail.bytes_cut, torn.end - torn.begin);
    EXPECT_EQ(scanned.tail.file, opened.journal->live_files().back().path);
    EXPECT_EQ(scanned.tail.file_offset, 8192u);
    // Cut off once, it is not reported again.
    JournalHome again{.disk = *restarted};
    EXPECT_EQ(must(again.open()).tail.bytes_cut, torn.end - torn.begin);
    EXPECT_EQ(must(again.open()).tail.bytes_cut, 0u);
}

}  // namespace
}  // namespace varve
