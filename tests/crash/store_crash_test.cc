// What the store promises when the power goes, calls fail, the disk is full or its bits turn.
#include "engine/store/store.h"
#include "tests/support/crash_points.h"
#include "tests/support/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

using testing::HasSubstr;

const Path kDirectory = "/store";
const LogId kTrimmed = log_id(2);  // its start follows its end
const LogId kKept = log_id(4);
const LogId kDeleted = log_id(6);  // at checkpoint kDeletion
constexpr int64_t kDeletion = 9;
constexpr int64_t kPerCheckpoint = 3;  // records per log
constexpr int64_t kCheckpoints = 20;   // enough for merges of rows and of batches

// The content of the store after checkpoint n is a function of n.
Offset end_at(int64_t n) { return {n * kPerCheckpoint}; }
Offset start_at(int64_t n) { return {std::max<int64_t>(0, n * kPerCheckpoint - 7)}; }
bool has_deleted(int64_t n) { return n >= kDeletion; }

Rows expected_rows(int64_t n) {
    if (n == 0) return {};
    Rows rows;
    rows["catalogue 1 number"] = std::to_string(n);
    rows["log " + kTrimmed.hex()] = value_of(start_at(n));
    rows["log " + kKept.hex()] = value_of({0});
    if (!has_deleted(n)) rows["log " + kDeleted.hex()] = value_of({0});
    rows["cursor " + kKept.hex() + " 0"] = std::to_string(n);
    if (n % 2 == 1) rows["return " + kKept.hex() + " 1"] = "odd";
    return rows;
}

Result<void> write_checkpoint(Store& store, int64_t n) {
    // Through the page cache and past it, in turn.
    auto checkpoint =
        store.begin_checkpoint(n % 2 == 0 ? Store::Reading::unlikely : Store::Reading::soon);
    const OffsetRange range{end_at(n - 1), end_at(n)};
    for (const LogId log : {kTrimmed, kKept, kDeleted}) {
        if (log == kDeleted && has_deleted(n)) continue;
        VARVE_TRY(checkpoint.put_batch(log, range, stored_batch(range, 600)->encoded()));
    }
    checkpoint.put(CatalogueRow{1, "number", std::to_string(n)});
    checkpoint.put(LogRow{kTrimmed, value_of(start_at(n))});
    checkpoint.put(LogRow{kKept, value_of({0})});
    if (!has_deleted(n)) checkpoint.put(LogRow{kDeleted, value_of({0})});
    if (n == kDeletion) checkpoint.erase_log(kDeleted);
    checkpoint.put(CursorRow{kKept, kQueueCursor, std::to_string(n)});
    checkpoint.put(ReturnRow{kKept, {1}, n % 2 == 1 ? "odd" : ""});
    return checkpoint.commit({static_cast<uint64_t>(n)});
}

Result<std::unique_ptr<Store>> open(FileSystem& disk) {
    return Store::open(disk, kDirectory, {.background_merges = false}, StoreMode::read_write);
}

int64_t number_of(const Store& store) { return static_cast<int64_t>(store.applied().value); }

// Reads everything there is to read. The first error, or `corrupt` if it is not what checkpoint n
// left.
Result<void> check_content(const Store& store) {
    const int64_t n = number_of(store);
    VARVE_TRY(const Rows rows, rows_of(store));
    if (rows != expected_rows(n))
        return Error{ErrorCode::corrupt,
                     "other rows than those of checkpoint " + std::to_string(n)};
    for (const LogId log : {kTrimmed, kKept, kDeleted}) {
        if (log == kDeleted && has_deleted(n)) continue;
        Offset at = log == kTrimmed ? start_at(n) : Offset{0};
        VARVE_TRY(const auto batches, batches_of(store, log, at));
        for (const OffsetRange& batch : batches) {
            if (batch.begin > at) break;
            at = batch.end;
        }
        if (at != end_at(n))
            return Error{ErrorCode::corrupt,
                         "log " + log.hex() + " ends at " + std::to_string(at.value)};
    }
    return store.verify([](const Path&, Bytes, Bytes) {});
}

struct History {
    int64_t committed = 0;
};

void tell_story(FaultyFileSystem& disk, History& history) {
    const auto store = or_stop(open(disk));
    for (int64_t n = 1; n <= kCheckpoints; ++n) {
        or_stop(write_checkpoint(*store, n));
        history.committed = n;
    }
}

TEST(StoreCrash, ACheckpointIsThereAsAWholeOrNotAtAll) {
    for_each_crash_point<History>(tell_story,
                                  [](FaultyFileSystem& disk, const History& history) {
                                      const auto store = or_stop(open(disk));
                                      EXPECT_GE(number_of(*store), history.committed);
                                      or_stop(check_content(*store));
                                      or_stop(write_checkpoint(*store, number_of(*store) + 1));
                                      or_stop(check_content(*store));
                                  },
                                  {.points_max = 150, .random_images = 2});
}

TEST(StoreCrash, ASecondCrashWhileReopeningLosesNothingEither) {
    for_each_crash_point<History>(tell_story,
                                  [](FaultyFileSystem& disk, const History& history) {
                                      const auto store = or_stop(open(disk));
                                      EXPECT_GE(number_of(*store), history.committed);
                                      or_stop(check_content(*store));
                                      or_stop(write_checkpoint(*store, number_of(*store) + 1));
                                  },
                                  {.points_max = 12, .random_images = 1, .second_points = 12});
}

// One call of a kind fails, at every place in the life of a few checkpoints; what failed is tried
// again.
class StoreFaults : public testing::TestWithParam<IoKind> {
protected:
    static constexpr int64_t kEnd = 9;

    // Checkpoints with one fault; false if the fault never came.
    bool tell_story(FaultyFileSystem& disk, uint64_t skip, History& history) {
        auto store = must(open(disk));
        bool failed = false;
        disk.fail({.kind = GetParam(), .skip = skip, .path_part = "/store/"});
        for (int attempt = 0; history.committed < kEnd && attempt < 2 * kEnd; ++attempt) {
            if (write_checkpoint(*store, history.committed + 1)) {
                ++history.committed;
            } else {
                failed = true;
            }
        }
        return failed;
    }
};

TEST_P(StoreFaults, AFailedCallCostsNothingThatWasCommitted) {
    constexpr uint64_t kQuiet = 40;  // Calls whose failure does not matter are among these at most.
    uint64_t last_failed = 0;
    for (uint64_t skip = 0; skip < last_failed + kQuiet; skip += 1 + skip / 8) {
        SCOPED_TRACE(std::string(to_string(GetParam())) + " after " + std::to_string(skip) +
                     " others");
        FaultyFileSystem disk;
        History history;
        if (tell_story(disk, skip, history)) last_failed = skip;
        SeededRng rng(skip);
        for (const auto survival : {Survival::nothing, Survival::everything}) {
            const auto restarted = disk.after_crash(survival, rng);
            const auto store = open(*restarted);
            ASSERT_TRUE(store) << store.error().detail;
            EXPECT_GE(number_of(**store), history.committed);
            const auto content = check_content(**store);
            EXPECT_TRUE(content) << content.error().detail;
        }
        if (HasFailure()) return;
    }
}
INSTANTIATE_TEST_SUITE_P(Calls,
                         StoreFaults,
                         testing::Values(IoKind::open,
                                         IoKind::read,
                                         IoKind::create,
                                         IoKind::write,
                                         IoKind::sync,
                                         IoKind::rename,
                                         IoKind::link,
                                         IoKind::remove,
                                         IoKind::sync_directory),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

TEST(StoreOnAFullDisk, IsToldAndMayBeTriedAgainLater) {
    for (const Bytes room : {1_KiB, 3_KiB, 5_KiB, 8_KiB, 20_KiB}) {
        SCOPED_TRACE(room);
        FaultyFileSystem disk;
        auto store = must(open(disk));
        for (int64_t n = 1; n <= 3; ++n) must(write_checkpoint(*store, n));
        const Bytes used = must(disk.space("/")).total - must(disk.space("/")).free;
        disk.set_capacity(used + room);
        int64_t done = 3;
        Result<void> outcome;
        while (outcome && done < 60) {
            outcome = write_checkpoint(*store, done + 1);
            if (outcome) ++done;
        }
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::no_space) << outcome.error().detail;
        EXPECT_EQ(number_of(*store), done);
        must(check_content(*store));

        disk.set_capacity(1_GiB);
        must(write_checkpoint(*store, done + 1));
        must(check_content(*store));
        store.reset();
        store = must(open(disk));
        EXPECT_EQ(number_of(*store), done + 1);
        must(check_content(*store));
    }
}

class StoreDamage : public testing::Test {
protected:
    static constexpr int64_t kLast = 8;  // files of merges, and some that came after

    StoreDamage() {
        const auto store = must(open(disk_));
        for (int64_t n = 1; n <= kLast; ++n) must(write_checkpoint(*store, n));
    }
    std::vector<Path> files() {
        std::vector<Path> found;
        for (const auto& name : must(disk_.list(kDirectory))) {
            if (!must(disk_.info(kDirectory / name)).is_directory)
                found.push_back(kDirectory / name);
        }
        return found;
    }
    // What a reader, who changes nothing, finds.
    Result<void> read_all() {
        VARVE_TRY(const auto store, Store::open(disk_, kDirectory, {}, StoreMode::read_only));
        if (number_of(*store) != kLast)
            return Error{ErrorCode::corrupt, "an older state, without a word"};
        return check_content(*store);
    }
    FaultyFileSystem disk_;
};

TEST_F(StoreDamage, AnyBitInAnyFileIsReportedWithItsFileOrDoesNotMatter) {
    SeededRng rng(5);
    must(read_all());
    size_t reported = 0;
    for (const Path& path : files()) {
        const Bytes size = must(disk_.info(path)).size;
        const Bytes step = std::max<Bytes>(1, size / 40);
        for (Bytes byte = rng.below(step); byte < size; byte += step) {
            const auto bit = static_cast<unsigned>(rng.below(8));
            disk_.flip_bit(path, byte, bit);
            const auto read = read_all();
            disk_.flip_bit(path, byte, bit);
            if (read) continue;
            ++reported;
            const bool is_pointer =
                path.filename() == "CURRENT";  // then what it points to is not found
            EXPECT_THAT(read.error().detail,
                        HasSubstr(is_pointer ? "/store" : path.filename().string()))
                << path << " byte " << byte << " bit " << bit << ": "
                << to_string(read.error().code);
        }
    }
    EXPECT_GT(reported, 200U);
}

TEST_F(StoreDamage, VerifyFindsEveryBitOfAStoredFile) {
    const auto store = must(open(disk_));
    SeededRng rng(6);
    for (const Path& path : files()) {
        if (path.extension() != ".sst") continue;
        const Bytes size = must(disk_.info(path)).size;
        for (int i = 0; i < 40; ++i) {
            const Bytes byte = rng.below(size);
            disk_.flip_bit(path, byte, 3);
            const auto verified = store->verify([](const Path&, Bytes, Bytes) {});
            disk_.flip_bit(path, byte, 3);
            ASSERT_FALSE(verified) << path << " byte " << byte;
            EXPECT_EQ(verified.error().code, ErrorCode::corrupt);
            EXPECT_THAT(verified.error().detail, HasSubstr(path.string()));
        }
    }
}

TEST_F(StoreDamage, AMissingFileIsReported) {
    for (const Path& path : files()) {
        if (path.extension() != ".sst") continue;
        const Path aside = "/aside";
        must(disk_.rename(path, aside));
        const auto read = read_all();
        EXPECT_FALSE(read);
        EXPECT_THAT(read.error().detail, HasSubstr(path.filename().string()));
        must(disk_.rename(aside, path));
    }
    must(read_all());
}

}  // namespace
}  // namespace varve
