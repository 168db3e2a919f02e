// Every I/O step is a crash point: runs a story, cuts the power at each step in turn, restarts,
// checks the promises.
#pragma once

#include "engine/base/result.h"
#include "tests/support/faulty_file_system.h"

#include <functional>
#include <memory>
#include <string>

namespace varve {

// Thrown by or_stop(): ends a story at the crash, and fails promises that should have held.
struct Stopped {
    Error error;
};

// The value; or ends the story or the promises here.
template <typename T>
T or_stop(Result<T> result) {
    if (!result) throw Stopped{std::move(result).error()};
    if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

struct CrashOptions {
    uint64_t points_max = 300;  // More events than this: a seeded sample of them.
    uint64_t random_images =
        3;  // per point, besides the one that keeps nothing and the one that keeps everything
    uint64_t second_points =
        0;  // Cut recovery, too, at this many of its events, and check after the next restart.
};

// One run of the story: fresh disk, fresh notes.
struct CrashTrial {
    std::function<void(FaultyFileSystem&)> story;
    std::function<void(FaultyFileSystem&)> promises;
};

// Runs it first without a crash, then once for each event. The first point that breaks a promise
// ends the run, with the two variables that repeat it:
//   VARVE_CRASH_SEED=n    seed of the sample and of what the crash keeps
//   VARVE_CRASH_POINTS=n  at most n points, `all`, or only one: `@k`
// Stories may use threads: a promise must hold at whatever event the cut falls. Everything a story
// opened is closed before its disk goes away.
void run_crash_trials(const std::function<CrashTrial()>& make_trial, const CrashOptions& options);

// `History` is what the story notes for the promises: an attempt before the call, its success after
// it.
template <typename History>
void for_each_crash_point(const std::function<void(FaultyFileSystem&, History&)>& story,
                          const std::function<void(FaultyFileSystem&, const History&)>& promises,
                          const CrashOptions& options = {}) {
    const auto make_trial = [&] {
        // Shared by the two functions of one trial.
        auto history = std::make_shared<History>();
        return CrashTrial{
            .story = [=, &story](FaultyFileSystem& disk) { story(disk, *history); },
            .promises = [=, &promises](FaultyFileSystem& disk) { promises(disk, *history); }};
    };
    run_crash_trials(make_trial, options);
}

}  // namespace varve
