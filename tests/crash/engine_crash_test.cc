// What the engine promises of records when the power goes, at every event of its life
// (docs/durability.md).
#include "tests/support/log_history.h"
#include "tests/support/lying_file_system.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

struct OneLog {
    LogHistory log;
};

void check_one_log(FileSystem& disk, const OneLog& history) {
    EngineHome home{disk};
    const auto engine = or_stop(home.open());
    const LogRef log = find(*engine, history.log);
    EXPECT_TRUE(log || !history.log.created);
    if (!log) return;
    check_records(*log, history.log);
    check_settled(*log, history.log);
    check_goes_on(*engine, log);
}

void publish(FileSystem& disk, OneLog& history) {
    EngineHome home{disk};
    auto engine = or_stop(home.open());
    LogRef log = history.log.create(*engine);
    history.log.append(*engine, log, {"a"});
    history.log.append(*engine, log, {"b", std::string(6000, 'c'), "d"});
    or_stop(engine->checkpoint());
    history.log.append(*engine, log, {"e"});
    or_stop(engine->close());
    engine = or_stop(home.open());
    log = find(*engine, history.log);
    history.log.append(*engine, log, {"f", "g"});
    or_stop(engine->checkpoint());
    history.log.append(*engine, log, {"h"});
}

TEST(EngineCrash, ConfirmedRecordsStayAtTheirOffsets) {
    cut_story_and_recovery<OneLog>(publish, check_one_log);
}

// The harness is worth something only if it catches a broker that confirms what is not on the disk.
TEST(EngineCrash, ConfirmingBeforeTheSyncIsCaught) {
    testing::TestPartResultArray failures;
    {
        const testing::ScopedFakeTestPartResultReporter reporter(
            testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &failures);
        for_each_crash_point<OneLog>(
            [](FaultyFileSystem& disk, OneLog& history) {
                LyingFileSystem liar(disk, "/journal/");
                publish(liar, history);
            },
            check_one_log);
    }
    EXPECT_GT(failures.size(), 0);
}

TEST(EngineCrash, AcknowledgementsOutOfOrderAreKeptOnceConfirmed) {
    cut_story_and_recovery<OneLog>(
        [](FaultyFileSystem& disk, OneLog& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            history.log.append(*engine, log, Bodies(10, "x"));
            for (const int64_t offset : {7, 0, 3}) history.log.settle(*engine, log, offset);
            history.log.settle(*engine, log, 5, Outcome::rejected);
            or_stop(engine->checkpoint());
            for (const int64_t offset : {1, 9}) history.log.settle(*engine, log, offset);
            history.log.settle(*engine, log, 2, Outcome::expired);
            or_stop(engine->checkpoint());
            history.log.settle(*engine, log, 8);
        },
        check_one_log);
}

TEST(EngineCrash, RetentionTakesOnlyWhatIsSettled) {
    cut_story_and_recovery<OneLog>(
        [](FaultyFileSystem& disk, OneLog& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine, {.bytes = 2_KiB});
            for (int round = 0; round < 3; ++round) {
                history.log.append(*engine, log, Bodies(3, std::string(900, 'x')));
                for (int64_t i = 0; i < 2; ++i) history.log.settle(*engine, log, 2 * round + i);
                or_stop(engine->checkpoint());
            }
        },
        check_one_log);
}

// Record 0 waits throughout, and from the third round on another one.
TEST(EngineCrash, HolesTakeOnlyWhatIsSettled) {
    cut_story_and_recovery<OneLog>(
        [](FaultyFileSystem& disk, OneLog& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine, {.bytes = 2_KiB});
            for (int64_t round = 0; round < 4; ++round) {
                for (int64_t i = 0; i < 6; ++i) {
                    const int64_t offset = 6 * round + i;
                    history.log.append(
                        *engine, log, {std::to_string(offset) + std::string(1200, 'x')});
                    if (offset != 0 && offset != 14) history.log.settle(*engine, log, offset);
                }
                or_stop(engine->checkpoint());
            }
            history.log.settle(*engine, log, 0);
            history.log.append(*engine, log, {"last"});
            or_stop(engine->checkpoint());
        },
        check_one_log);
}

TEST(EngineCrash, JournalFilesAreRecycledWithoutLoss) {
    cut_story_and_recovery<OneLog>(
        [](FaultyFileSystem& disk, OneLog& history) {
            EngineHome home{disk};
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            for (int round = 0; round < 8; ++round) {
                history.log.append(
                    *engine, log, {std::to_string(round) + std::string(30'000, 'x')});
                or_stop(engine->checkpoint());
            }
        },
        check_one_log);
}

TEST(EngineCrash, CheckpointsDuringTrafficLoseNothing) {
    cut_story_and_recovery<OneLog>(
        [](FaultyFileSystem& disk, OneLog& history) {
            EngineHome home{disk};
            home.options.manual_upkeep = false;
            const auto engine = or_stop(home.open());
            const LogRef log = history.log.create(*engine);
            for (int i = 0; i < 30; ++i) {
                history.log.append(*engine, log, {std::to_string(i) + std::string(4'000, 'x')});
                if (i >= 10) history.log.settle(*engine, log, i - 10);
            }
        },
        check_one_log);
}

}  // namespace
}  // namespace varve
