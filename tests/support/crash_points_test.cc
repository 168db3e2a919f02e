// A harness that never found anything proves nothing: here it must catch programs that are wrong on
// purpose.
#include "tests/support/crash_points.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

// A program that stores one value in a file and tells when it believes the value to be safe.
struct Notes {
    bool confirmed = false;
};
enum class Mistake : uint8_t {
    none,
    confirms_before_sync,
    forgets_the_directory,
    forgets_the_file,
    renames_unsynced
};

const Path kDirectory = "/d";
const std::string kValue(2000, 'v');

void store_value(FaultyFileSystem& disk, Notes& notes, Mistake mistake) {
    or_stop(disk.create_directory(kDirectory));
    or_stop(disk.sync_directory("/"));
    {
        auto file = or_stop(disk.open(kDirectory / "tmp", OpenMode::create_new));
        or_stop(file->write_at(0, kValue));
        if (mistake == Mistake::confirms_before_sync) notes.confirmed = true;
        if (mistake != Mistake::forgets_the_file && mistake != Mistake::renames_unsynced)
            or_stop(file->sync());
    }
    or_stop(disk.rename(kDirectory / "tmp", kDirectory / "value"));
    if (mistake != Mistake::forgets_the_directory) or_stop(disk.sync_directory(kDirectory));
    if (mistake == Mistake::renames_unsynced)
        or_stop(or_stop(disk.open(kDirectory / "value", OpenMode::read))->sync());
    notes.confirmed = true;
}

// What is wrong with what a restart finds: nothing, a loss, or half a value under the final name.
std::string finding(FaultyFileSystem& disk, const Notes& notes) {
    const auto file = disk.open(kDirectory / "value", OpenMode::read);
    if (!file) return notes.confirmed ? "lost" : "";
    std::string value(kValue.size(), '\0');
    const size_t size = or_stop((*file)->read_at(0, value));
    return size == kValue.size() && value == kValue ? "" : "torn";
}

std::set<std::string> findings_with(Mistake mistake) {
    std::set<std::string> findings;
    for_each_crash_point<Notes>(
        [&](FaultyFileSystem& disk, Notes& notes) { store_value(disk, notes, mistake); },
        [&](FaultyFileSystem& disk, const Notes& notes) { findings.insert(finding(disk, notes)); });
    findings.erase("");
    return findings;
}

TEST(CrashPoints, FindNothingInAProgramThatIsRight) {
    EXPECT_EQ(findings_with(Mistake::none), std::set<std::string>{});
}

TEST(CrashPoints, CatchAConfirmBeforeTheSync) {
    EXPECT_TRUE(findings_with(Mistake::confirms_before_sync).contains("lost"));
}

TEST(CrashPoints, CatchAForgottenDirectorySync) {
    EXPECT_TRUE(findings_with(Mistake::forgets_the_directory).contains("lost"));
}

TEST(CrashPoints, CatchAForgottenFileSync) {
    EXPECT_TRUE(findings_with(Mistake::forgets_the_file).contains("torn"));
}

TEST(CrashPoints, CatchANameThatIsDurableBeforeItsContent) {
    EXPECT_TRUE(findings_with(Mistake::renames_unsynced).contains("torn"));
}

TEST(CrashPoints, CatchAMistakeThatOnlyASecondCrashInRecoveryShows) {
    // Recovery finishes the rename that the story had prepared, but forgets to make it durable
    // before it deletes the mark that tells it to.
    const auto story = [](FaultyFileSystem& disk, Notes& notes) {
        for (const char* name : {"/new", "/mark"}) {
            auto file = or_stop(disk.open(name, OpenMode::create_new));
            or_stop(file->sync());
        }
        or_stop(disk.sync_directory("/"));
        notes.confirmed = true;
    };
    bool lost = false;
    const auto recovery = [&](FaultyFileSystem& disk, const Notes& notes) {
        if (disk.info("/mark")) {
            or_stop(disk.open("/value", OpenMode::create_or_truncate));
            or_stop(disk.remove("/mark"));
        }
        if (notes.confirmed && disk.has_power() && !disk.info("/value")) lost = true;
    };

    for_each_crash_point<Notes>(story, recovery);
    EXPECT_FALSE(lost);
    for_each_crash_point<Notes>(story, recovery, {.second_points = 10});
    EXPECT_TRUE(lost);
}

TEST(CrashPoints, TryEachEventAndTheTimeAfterTheLast) {
    std::set<uint64_t> seen;
    for_each_crash_point<uint64_t>(
        [](FaultyFileSystem& disk, uint64_t& done) {
            for (; done < 10; ++done) or_stop(disk.create_directory("/" + std::to_string(done)));
        },
        [&](FaultyFileSystem&, const uint64_t& done) { seen.insert(done); });

    EXPECT_EQ(seen.size(), 11u);
}

}  // namespace
}  // namespace varve
