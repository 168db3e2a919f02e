// The simulated disk keeps what was synced, and nothing else that one may count on.
#include "tests/support/faulty_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<File> create(FaultyFileSystem& disk, const Path& path) {
    return must(disk.open(path, OpenMode::create_new));
}

std::string content(FaultyFileSystem& disk, const Path& path) {
    const auto file = must(disk.open(path, OpenMode::read));
    std::string bytes(must(file->size()), '\0');
    must(file->read_at(0, bytes));
    return bytes;
}

template <typename T>
ErrorCode code_of(const Result<T>& result) {
    return result.error().code;
}

TEST(FaultyFileSystem, KeepsOnlyWhatWasSyncedWhenNothingElseSurvives) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    auto file = create(disk, "/a");
    must(file->write_at(0, "durable"));
    must(file->sync());
    must(disk.sync_directory("/"));
    must(file->write_at(0, "changed and longer"));
    create(disk, "/b");

    const auto nothing = disk.after_crash(Survival::nothing, rng);
    const auto everything = disk.after_crash(Survival::everything, rng);

    EXPECT_EQ(content(*nothing, "/a"), "durable");
    EXPECT_THAT(must(nothing->list("/")), ElementsAre("a"));
    EXPECT_EQ(content(*everything, "/a"), "changed and longer");
    EXPECT_THAT(must(everything->list("/")), ElementsAre("a", "b"));
}

TEST(FaultyFileSystem, LosesAFileWhoseDirectoryWasNotSynced) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    auto file = create(disk, "/a");
    must(file->write_at(0, "synced, but nameless"));
    must(file->sync());

    EXPECT_THAT(must(disk.after_crash(Survival::nothing, rng)->list("/")), IsEmpty());
}

TEST(FaultyFileSystem, ARemovalThatWasNotSyncedMayComeBack) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    create(disk, "/a");
    must(disk.sync_directory("/"));
    must(disk.remove("/a"));

    EXPECT_THAT(must(disk.list("/")), IsEmpty());
    EXPECT_THAT(must(disk.after_crash(Survival::nothing, rng)->list("/")), ElementsAre("a"));
}

TEST(FaultyFileSystem, ARenameSurvivesAsAWholeOrNotAtAll) {
    FaultyFileSystem disk;
    create(disk, "/a");
    must(disk.sync_directory("/"));
    must(disk.rename("/a", "/b"));

    std::set<std::vector<std::string>> seen;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        SeededRng rng(seed);
        seen.insert(must(disk.after_crash(Survival::random, rng)->list("/")));
    }

    EXPECT_THAT(seen, ElementsAre(std::vector<std::string>{"a"}, std::vector<std::string>{"b"}));
}

TEST(FaultyFileSystem, TearsUnsyncedWritesAtSectorsOnly) {
    FaultyFileSystem disk;
    auto file = create(disk, "/a");
    must(file->write_at(0, std::string(2048, 'o')));
    must(file->sync());
    must(disk.sync_directory("/"));
    must(file->write_at(0, std::string(2048, 'n')));

    std::set<std::string> states;
    for (uint64_t seed = 0; seed < 500; ++seed) {
        SeededRng rng(seed);
        const std::string bytes = content(*disk.after_crash(Survival::random, rng), "/a");
        ASSERT_EQ(bytes.size(), 2048u);
        std::string sectors;
        for (size_t at = 0; at < bytes.size(); at += 512) {
            ASSERT_EQ(bytes.substr(at, 512), std::string(512, bytes[at]));
            sectors += bytes[at];
        }
        states.insert(sectors);
    }

    EXPECT_EQ(states.size(), 16u);
}

TEST(FaultyFileSystem, ASectorNeverGoesBackBehindASyncNorSkipsAnEarlierWrite) {
    FaultyFileSystem disk;
    auto file = create(disk, "/a");
    must(disk.sync_directory("/"));
    must(file->write_at(0, "a"));
    must(file->sync());
    must(file->write_at(1, "b"));
    must(file->write_at(2, "c"));

    std::set<std::string> states;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        SeededRng rng(seed);
        std::string state = content(*disk.after_crash(Survival::random, rng), "/a");
        std::erase(state, '\0');  // The size may have survived without the data.
        states.insert(state);
    }

    EXPECT_THAT(states, ElementsAre("a", "ab", "abc"));
}

TEST(FaultyFileSystem, AFailedSyncIsNotRepairedByTheNext) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    auto file = create(disk, "/a");
    must(disk.sync_directory("/"));
    must(file->write_at(0, "x"));
    disk.fail({.kind = IoKind::sync});

    EXPECT_EQ(code_of(file->sync()), ErrorCode::io);
    EXPECT_TRUE(file->sync());
    EXPECT_EQ(content(disk, "/a"), "x");
    EXPECT_EQ(content(*disk.after_crash(Survival::everything, rng), "/a"), "");
}

TEST(FaultyFileSystem, EverySyncFailsWhenToldSo) {
    FaultyFileSystem disk;
    auto file = create(disk, "/a");
    disk.fail_every_sync();

    EXPECT_FALSE(file->sync());
    EXPECT_FALSE(file->sync());
    EXPECT_FALSE(disk.sync_directory("/"));
    EXPECT_TRUE(file->write_at(0, "x"));
}

TEST(FaultyFileSystem, FailsTheOneCallItWasToldTo) {
    FaultyFileSystem disk;
    auto a = create(disk, "/a");
    auto b = create(disk, "/b");
    disk.fail({.kind = IoKind::write, .code = ErrorCode::no_space, .skip = 1, .path_part = "b"});

    EXPECT_TRUE(a->write_at(0, "1"));
    EXPECT_TRUE(b->write_at(0, "1"));
    EXPECT_TRUE(a->write_at(0, "2"));
    EXPECT_EQ(code_of(b->write_at(0, "2")), ErrorCode::no_space);
    EXPECT_TRUE(b->write_at(0, "3"));

    char into[1];
    disk.fail({.kind = IoKind::read});
    EXPECT_EQ(code_of(a->read_at(0, into)), ErrorCode::io);
    EXPECT_TRUE(a->read_at(0, into));
    disk.fail({.kind = IoKind::rename});
    EXPECT_EQ(code_of(disk.rename("/a", "/c")), ErrorCode::io);
    EXPECT_TRUE(disk.info("/a"));
}

TEST(FaultyFileSystem, EverythingFailsWithoutPowerAndTheCallInFlightMayHaveHappened) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    auto file = create(disk, "/a");
    must(disk.sync_directory("/"));
    disk.cut_power_at(disk.event_count());

    EXPECT_EQ(code_of(file->write_at(0, "x")), ErrorCode::io);
    EXPECT_FALSE(disk.has_power());
    EXPECT_EQ(code_of(file->sync()), ErrorCode::io);
    EXPECT_EQ(code_of(disk.list("/")), ErrorCode::io);
    EXPECT_EQ(code_of(disk.open("/a", OpenMode::read)), ErrorCode::io);
    EXPECT_EQ(content(*disk.after_crash(Survival::everything, rng), "/a"), "x");
    EXPECT_EQ(content(*disk.after_crash(Survival::nothing, rng), "/a"), "");
}

TEST(FaultyFileSystem, AFullDiskTakesWhatFitsAndMoreOnceThereIsRoom) {
    FaultyFileSystem disk;
    auto file = create(disk, "/a");
    disk.set_capacity(10);

    EXPECT_EQ(code_of(file->write_at(0, std::string(20, 'x'))), ErrorCode::no_space);
    EXPECT_EQ(must(file->size()), 10u);
    EXPECT_EQ(must(disk.space("/")).free, 0u);
    EXPECT_TRUE(file->write_at(0, std::string(10, 'y')));

    disk.set_capacity(20);
    EXPECT_TRUE(file->write_at(10, std::string(10, 'z')));
}

TEST(FaultyFileSystem, ABitFlippedIsFlippedForEverybody) {
    FaultyFileSystem disk;
    SeededRng rng(1);
    auto file = create(disk, "/a");
    must(file->write_at(0, "a"));
    must(file->sync());
    must(disk.sync_directory("/"));

    disk.flip_bit("/a", 0, 1);

    EXPECT_EQ(content(disk, "/a"), "c");
    EXPECT_EQ(content(*disk.after_crash(Survival::nothing, rng), "/a"), "c");
}

TEST(FaultyFileSystem, BehavesAsTheRealOneTowardsNames) {
    FaultyFileSystem disk;
    must(disk.create_directory("/d"));
    must(disk.create_directory("/d"));
    must(create(disk, "/d/a")->write_at(0, "a"));
    create(disk, "/d/b");

    EXPECT_EQ(code_of(disk.open("/d/a", OpenMode::create_new)), ErrorCode::already_exists);
    EXPECT_EQ(code_of(disk.open("/d/x", OpenMode::read_write)), ErrorCode::not_found);
    EXPECT_EQ(code_of(disk.open("/x/a", OpenMode::create_new)), ErrorCode::not_found);
    EXPECT_EQ(code_of(disk.link("/d/a", "/d/b")), ErrorCode::already_exists);
    EXPECT_EQ(code_of(disk.remove_directory("/d")), ErrorCode::already_exists);
    must(disk.link("/d/a", "/d/c"));
    must(disk.rename("/d/a", "/d/b"));
    EXPECT_THAT(must(disk.list("/d")), ElementsAre("b", "c"));
    EXPECT_EQ(content(disk, "/d/b"), "a");
    EXPECT_TRUE(must(disk.info("/d")).is_directory);

    auto lock = must(disk.lock("/d/lock"));
    EXPECT_EQ(code_of(disk.lock("/d/lock")), ErrorCode::busy);
    lock.reset();
    EXPECT_TRUE(disk.lock("/d/lock"));
}

}  // namespace
}  // namespace varve
