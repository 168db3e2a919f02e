// The machine's file system behind our door: what the journal and the store rely on.
#include "engine/io/file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace varve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PosixFileSystem : public testing::Test {
protected:
    PosixFileSystem() {
        std::string name = (std::filesystem::temp_directory_path() / "varve-posix-XXXXXX").string();
        VARVE_CHECK(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
    }
    ~PosixFileSystem() override { std::filesystem::remove_all(directory_); }

    std::unique_ptr<File> create(const std::string& name) {
        return must(files_.open(at(name), OpenMode::create_new));
    }
    Path at(const std::string& name) const { return directory_ / name; }
    std::string content(const std::string& name) {
        const auto file = must(files_.open(at(name), OpenMode::read));
        std::string bytes(must(file->size()), '\0');
        EXPECT_EQ(must(file->read_at(0, bytes)), bytes.size());
        return bytes;
    }

    FileSystem& files_ = posix_file_system();
    Path directory_;
};

template <typename T>
ErrorCode code_of(const Result<T>& result) {
    return result.error().code;
}

TEST_F(PosixFileSystem, ReadsBackWhatWasWritten) {
    auto file = create("a");

    must(file->write_at(3, "hello"));
    must(file->sync());

    EXPECT_EQ(must(file->size()), 8u);
    EXPECT_EQ(content("a"), std::string("\0\0\0hello", 8));
}

TEST_F(PosixFileSystem, GathersMorePiecesThanOneSystemCallTakes) {
    constexpr size_t kPieces = 3000;  // IOV_MAX is 1024
    std::vector<std::string> owned;
    std::vector<ByteView> pieces;
    std::string expected;
    for (size_t i = 0; i < kPieces; ++i) owned.push_back(i % 7 == 0 ? "" : std::to_string(i));
    for (const std::string& piece : owned) {
        pieces.emplace_back(piece);
        expected += piece;
    }

    must(create("a")->write_at(0, pieces));

    EXPECT_EQ(content("a"), expected);
}

TEST_F(PosixFileSystem, WritingNothingIsFine) {
    auto file = create("a");

    must(file->write_at(0, ""));
    must(file->write_at(0, std::span<const ByteView>{}));

    EXPECT_EQ(must(file->size()), 0u);
}

TEST_F(PosixFileSystem, ReadsLessOnlyAtTheEndOfTheFile) {
    auto file = create("a");
    must(file->write_at(0, "0123456789"));
    std::string into(8, 'x');

    EXPECT_EQ(must(file->read_at(6, into)), 4u);
    EXPECT_EQ(into, "6789xxxx");
    EXPECT_EQ(must(file->read_at(10, into)), 0u);
    EXPECT_EQ(must(file->read_at(99, into)), 0u);
}

TEST_F(PosixFileSystem, AWriteThatTheSystemCutsShortFailsInsteadOfLosingTheRest) {
    auto file = create("a");
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGXFSZ, &ignore, &before);
    rlimit limit_before{};
    ::getrlimit(RLIMIT_FSIZE, &limit_before);
    const rlimit limit{.rlim_cur = 5000, .rlim_max = limit_before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string half(4096, 'a');
    const std::vector<ByteView> pieces = {half, half};

    const auto written = file->write_at(0, pieces);

    ::setrlimit(RLIMIT_FSIZE, &limit_before);
    ::sigaction(SIGXFSZ, &before, nullptr);
    ASSERT_FALSE(written);
    EXPECT_EQ(code_of(written), ErrorCode::io);
    EXPECT_THAT(written.error().detail, HasSubstr(at("a").string()));
}

TEST_F(PosixFileSystem, AFullDiskSaysNoSpace) {
    const auto full = files_.open("/dev/full", OpenMode::read_write);
    ASSERT_TRUE(full);

    EXPECT_EQ(code_of((*full)->write_at(0, "x")), ErrorCode::no_space);
}

// In pieces of any size, over more than one buffer, at any page.
std::string overwrite_pages(FileSystem& files, const Path& path) {
    std::string bytes(3 * kPage + 2_MiB, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13U);
    std::vector<ByteView> pieces;
    ByteView left = bytes;
    for (size_t size = 1; !left.empty(); size = size * 3 + 1) {
        pieces.push_back(left.substr(0, size));
        left.remove_prefix(pieces.back().size());
    }
    const auto file = must(files.open(path, OpenMode::overwrite_pages));
    must(file->write_at(kPage, pieces));
    must(file->sync());
    must(file->write_at(0, std::string(kPage, 'h')));
    must(file->sync());
    return std::string(kPage, 'h') + bytes;
}

TEST_F(PosixFileSystem, PagesThatAreOverwrittenReadBackAsTheyWereWritten) {
    must(create("a")->write_at(0, std::string(8_MiB, 'x')));

    const std::string wanted = overwrite_pages(files_, at("a"));

    EXPECT_TRUE(content("a") == wanted + std::string(8_MiB - wanted.size(), 'x'));
}

TEST_F(PosixFileSystem, PagesAreOverwrittenThroughThePageCacheWhereItCannotBeLeftOut) {
    // The kernel's own file system in memory: it has nothing but the page cache.
    const Path path = "/dev/shm/" + directory_.filename().string();
    must(files_.open(path, OpenMode::create_new));

    const std::string wanted = overwrite_pages(files_, path);

    std::string bytes(wanted.size(), '\0');
    must(must(files_.open(path, OpenMode::read))->read_at(0, bytes));
    EXPECT_TRUE(bytes == wanted);
    must(files_.remove(path));
}

TEST_F(PosixFileSystem, AFullDiskSaysNoSpaceToPagesToo) {
    const auto full = must(files_.open("/dev/full", OpenMode::overwrite_pages));

    EXPECT_EQ(code_of(full->write_at(0, std::string(kPage, 'x'))), ErrorCode::no_space);
}

TEST_F(PosixFileSystem, WhatIsOpenForOverwritingPagesIsNotRead) {
    create("a");
    const auto file = must(files_.open(at("a"), OpenMode::overwrite_pages));
    std::string bytes(1, '\0');

    EXPECT_EQ(code_of(file->read_at(0, bytes)), ErrorCode::io);
}

TEST_F(PosixFileSystem, OpenModesAgreeWithWhatIsThere) {
    EXPECT_EQ(code_of(files_.open(at("a"), OpenMode::read)), ErrorCode::not_found);
    EXPECT_EQ(code_of(files_.open(at("a"), OpenMode::read_write)), ErrorCode::not_found);

    must(create("a")->write_at(0, "old"));

    EXPECT_EQ(code_of(files_.open(at("a"), OpenMode::create_new)), ErrorCode::already_exists);
    EXPECT_EQ(content("a"), "old");
    must(files_.open(at("a"), OpenMode::create_or_truncate));
    EXPECT_EQ(content("a"), "");
}

TEST_F(PosixFileSystem, AFileOpenedForReadingCannotBeWritten) {
    create("a");

    EXPECT_FALSE(must(files_.open(at("a"), OpenMode::read))->write_at(0, "x"));
}

TEST_F(PosixFileSystem, TruncateCutsAndExtends) {
    auto file = create("a");
    must(file->write_at(0, "abcdef"));

    must(file->truncate(2));
    EXPECT_EQ(content("a"), "ab");
    must(file->truncate(4));
    EXPECT_EQ(content("a"), std::string("ab\0\0", 4));
}

TEST_F(PosixFileSystem, AClosedFileRefusesEverything) {
    auto file = create("a");

    must(file->close());

    EXPECT_FALSE(file->write_at(0, "x"));
    EXPECT_FALSE(file->sync());
}

TEST_F(PosixFileSystem, RenameReplacesAndLinkDoesNot) {
    must(create("a")->write_at(0, "a"));
    must(create("b")->write_at(0, "b"));

    EXPECT_EQ(code_of(files_.link(at("a"), at("b"))), ErrorCode::already_exists);
    must(files_.rename(at("a"), at("b")));
    must(files_.link(at("b"), at("c")));

    EXPECT_THAT(must(files_.list(directory_)), ElementsAre("b", "c"));
    EXPECT_EQ(content("c"), "a");
    EXPECT_EQ(code_of(files_.rename(at("a"), at("b"))), ErrorCode::not_found);
}

TEST_F(PosixFileSystem, AnOpenFileSurvivesItsRemoval) {
    auto file = create("a");
    must(file->write_at(0, "kept"));

    must(files_.remove(at("a")));

    std::string into(4, '\0');
    EXPECT_EQ(must(file->read_at(0, into)), 4u);
    EXPECT_EQ(into, "kept");
    EXPECT_EQ(code_of(files_.remove(at("a"))), ErrorCode::not_found);
}

TEST_F(PosixFileSystem, DirectoriesAreMadeListedSyncedAndRemoved) {
    must(files_.create_directory(at("d")));
    must(files_.create_directory(at("d")));
    must(files_.open(at("d") / "f", OpenMode::create_new));
    must(files_.sync_directory(at("d")));

    EXPECT_TRUE(must(files_.info(at("d"))).is_directory);
    EXPECT_EQ(code_of(files_.remove_directory(at("d"))), ErrorCode::already_exists);
    must(files_.remove(at("d") / "f"));
    must(files_.remove_directory(at("d")));
    EXPECT_EQ(code_of(files_.list(at("d"))), ErrorCode::not_found);
    EXPECT_EQ(code_of(files_.sync_directory(at("d"))), ErrorCode::not_found);
}

TEST_F(PosixFileSystem, ADirectoryIsNotMadeWhereAFileStands) {
    create("a");

    EXPECT_EQ(code_of(files_.create_directory(at("a"))), ErrorCode::already_exists);
    EXPECT_EQ(code_of(files_.create_directory(at("a") / "b")), ErrorCode::not_found);
}

TEST_F(PosixFileSystem, InfoTellsSizeAndKind) {
    must(create("a")->write_at(0, "1234"));

    const FileInfo info = must(files_.info(at("a")));

    EXPECT_EQ(info.size, 4u);
    EXPECT_FALSE(info.is_directory);
    EXPECT_GT(info.modified.ms, 1'600'000'000'000);
    EXPECT_EQ(code_of(files_.info(at("b"))), ErrorCode::not_found);
}

TEST_F(PosixFileSystem, SpaceIsSomeOfTheTotal) {
    const DiskSpace space = must(files_.space(directory_));

    EXPECT_GT(space.free, 0u);
    EXPECT_LE(space.free, space.total);
}

TEST_F(PosixFileSystem, OnlyOneHolderOfALockAtATime) {
    auto lock = must(files_.lock(at("lock")));

    EXPECT_EQ(code_of(files_.lock(at("lock"))), ErrorCode::busy);
    lock.reset();
    EXPECT_TRUE(files_.lock(at("lock")));
}

TEST_F(PosixFileSystem, AskingForALockNeitherTakesItNorMakesTheFile) {
    EXPECT_FALSE(must(files_.is_locked(at("lock"))));
    EXPECT_EQ(code_of(files_.info(at("lock"))), ErrorCode::not_found);

    auto lock = must(files_.lock(at("lock")));
    EXPECT_TRUE(must(files_.is_locked(at("lock"))));
    lock.reset();
    EXPECT_FALSE(must(files_.is_locked(at("lock"))));
    EXPECT_TRUE(files_.lock(at("lock")));
}

}  // namespace
}  // namespace varve
