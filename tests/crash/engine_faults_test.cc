// What the engine promises when calls fail and the disk is full, anywhere in its life
// (docs/durability.md).
#include "tests/support/log_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace varve {
namespace {

using testing::HasSubstr;

// What a writer did until something stopped it.
struct Life {
    LogHistory log;
    std::optional<Error> error;
};

// Everything that touches the disk: new journal files, checkpoints, retention, a clean stop.
void live(EngineHome& home, Life& life, const std::function<void(Engine&)>& on_open) {
    try {
        for (int run = 0; run < 2; ++run) {
            const auto engine = or_stop(home.open());
            on_open(*engine);
            const LogRef log = run == 0 ? life.log.create(*engine, {.bytes = 8_KiB})
                                        : engine->find_log(*life.log.id);
            for (int i = 0; i < 8; ++i) {
                const auto offset = static_cast<int64_t>(life.log.attempted.size());
                life.log.append(*engine, log, {std::to_string(offset) + std::string(9000, 'x')});
                if (i % 2 == 1) life.log.settle(*engine, log, offset - 1);
                if (i % 3 == 2) or_stop(engine->checkpoint());
            }
            or_stop(engine->close());
        }
    } catch (const Stopped& stopped) {
        life.error = stopped.error;
    }
}

void check_life(FileSystem& disk, const Life& life) {
    try {
        EngineHome home{disk};
        const auto engine = or_stop(home.open());
        const LogRef log = find(*engine, life.log);
        EXPECT_TRUE(log || !life.log.created);
        if (!log) return;
        check_records(*log, life.log);
        check_settled(*log, life.log);
        check_goes_on(*engine, log);
    } catch (const Stopped& stopped) {
        ADD_FAILURE() << "after the restart: " << stopped.error.detail;
    }
}

class EngineFaults : public testing::TestWithParam<IoKind> {};

// P1. What fails is told with its file, is told to the handler once, and is never confirmed.
TEST_P(EngineFaults, AFailedCallStopsTheEngineWithAnErrorAndLosesNothing) {
    uint64_t failed = 0;
    uint64_t quiet = 0;  // calls in a row that were not there to fail, or did not matter
    for (uint64_t skip = 0; quiet < 12; skip += 1 + skip / 24) {
        SCOPED_TRACE(std::string(to_string(GetParam())) + " after " + std::to_string(skip) +
                     " others");
        FaultyFileSystem disk;
        disk.fail({.kind = GetParam(), .skip = skip});
        EngineHome home{disk};
        Life life;
        std::atomic<int> told = 0;
        live(home, life, [&](Engine& engine) { engine.on_failure([&](const Error&) { ++told; }); });
        quiet = life.error ? 0 : quiet + 1;
        if (life.error) {
            ++failed;
            EXPECT_EQ(life.error->code, ErrorCode::io) << life.error->detail;
            EXPECT_THAT(life.error->detail, HasSubstr("fails as told"));  // the call and its file
            EXPECT_LE(told, 1);
        }
        SeededRng rng(skip);
        for (const auto survival : {Survival::nothing, Survival::everything})
            check_life(*disk.after_crash(survival, rng), life);
        if (HasFailure()) return;
    }
    EXPECT_GT(failed, 5U);
}
INSTANTIATE_TEST_SUITE_P(Calls,
                         EngineFaults,
                         testing::Values(IoKind::create,
                                         IoKind::write,
                                         IoKind::sync,
                                         IoKind::rename,
                                         IoKind::sync_directory),
                         [](const auto& kind) { return std::string(to_string(kind.param)); });

// Room runs out after each few KiB in turn; once somebody waits for it, there is room again.
TEST(EngineOnAFullDisk, LosesNothingAndGoesOnWhenThereIsRoomAgain) {
    Bytes needed = 0;
    {
        FaultyFileSystem disk;
        EngineHome home{disk};
        Life life;
        disk.set_capacity(1_GiB);
        live(home, life, [](Engine&) {});
        const DiskSpace space = must(disk.space("/"));
        needed = space.total - space.free;
    }
    size_t held = 0;
    size_t refused = 0;
    SeededRng rng(11);
    for (Bytes room = 0; room < needed + 64_KiB; room += 3_KiB + rng.below(6_KiB)) {
        SCOPED_TRACE(room);
        FaultyFileSystem disk;
        disk.set_capacity(room);
        EngineHome home{disk};
        Life life;
        std::atomic<bool> waited = false;
        const auto make_room_when_asked = [&](Engine& engine) {
            engine.on_disk_state([&](DiskState state, Bytes) {
                if (state != DiskState::full) return;
                waited = true;
                disk.set_capacity(1_GiB);
            });
        };
        live(home, life, make_room_when_asked);
        if (waited) ++held;
        if (life.error) {
            // Opening, a checkpoint or a stop: not waited for, but answered.
            ++refused;
            EXPECT_EQ(life.error->code, ErrorCode::no_space) << life.error->detail;
        }
        disk.set_capacity(1_GiB);
        check_life(disk, life);
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(held, 3U);
    EXPECT_GT(refused, 3U);
}

}  // namespace
}  // namespace varve
