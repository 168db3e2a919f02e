// Reading a journal beside its owner, on the machine's own file system.
#include "engine/journal/journal.h"
#include "tests/support/journals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <unistd.h>

namespace varve {
namespace {

class JournalReader : public testing::Test {
protected:
    JournalReader() {
        std::string name =
            (std::filesystem::temp_directory_path() / "varve-journal-XXXXXX").string();
        VARVE_CHECK(::mkdtemp(name.data()) != nullptr);
        directory_ = Path(name) / "journal";
    }
    ~JournalReader() override { std::filesystem::remove_all(directory_.parent_path()); }

    Path directory_;
    ManualClock clock_;
    SeededRng rng_{5};
};

TEST_F(JournalReader, NeverTakesTheOwnersWorkInProgressForDamage) {
    constexpr uint64_t kFrames = 1500;
    const JournalOptions options{.file_size = 64_KiB, .spare_files_max = 1};
    auto journal =
        must(Journal::open(posix_file_system(), clock_, rng_, directory_, options, {}, {})).journal;
    std::atomic<uint64_t> needed = journal->end().value;  // nothing at or beyond is recycled
    std::atomic<bool> done = false;

    std::thread owner([&] {
        for (uint64_t i = 0; i < kFrames; ++i) {
            must(append(*journal, payload_of(i, 100 + i % 20'000)));
            if (i % 4 == 0) must(journal->sync());
            journal->recycle_before({needed});
        }
        must(journal->sync());
        done = true;
    });
    uint64_t scans = 0;
    uint64_t next = 0;
    std::string damage;
    while (next < kFrames && damage.empty()) {
        const bool last = done;
        const Position from{needed};
        Position read_to = from;
        const auto scanned = scan_journal(
            posix_file_system(), directory_, from, [&](const FrameView& frame) -> Result<void> {
                EXPECT_EQ(frame.payload, payload_of(next, 100 + next % 20'000));
                ++next;
                read_to = frame.end;
                return ok();
            });
        if (!scanned) damage = scanned.error().detail;
        if (last && next < kFrames) damage += "the last frames are not to be seen";
        needed = read_to.value;
        ++scans;
    }
    needed = UINT64_MAX;
    owner.join();

    EXPECT_EQ(damage, "");
    EXPECT_GT(scans, 1u);
}

TEST_F(JournalReader, FindsItsWayOnTheMachinesFileSystemAcrossRestarts) {
    const JournalOptions options{.file_size = 64_KiB, .spare_files_max = 1};
    uint64_t expected = 0;
    for (uint64_t life = 0; life < 4; ++life) {
        uint64_t next = 0;
        auto opened = must(Journal::open(posix_file_system(),
                                         clock_,
                                         rng_,
                                         directory_,
                                         options,
                                         {},
                                         [&](const FrameView& frame) {
                                             EXPECT_EQ(frame.payload, payload_of(next++, 30'000));
                                             return ok();
                                         }));
        EXPECT_EQ(next, expected);
        for (int i = 0; i < 5; ++i) must(append(*opened.journal, payload_of(expected++, 30'000)));
        must(opened.journal->sync());
    }
}

}  // namespace
}  // namespace varve
