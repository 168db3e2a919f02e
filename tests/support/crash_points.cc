#include "tests/support/crash_points.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace varve {
namespace {

constexpr uint64_t kDefaultSeed =
    20240229;  // Fixed, so that a change is judged by its own merits; nightly runs vary it.

std::string variable(const char* name) {
    const char* value =
        std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
    return value == nullptr ? "" : value;
}

uint64_t number_in(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    VARVE_CHECK(error == std::errc{} && end == text.data() + text.size());
    return value;
}

uint64_t crash_seed() {
    const std::string text = variable("VARVE_CRASH_SEED");
    return text.empty() ? kDefaultSeed : number_in(text);
}

// The points to try out of [0, count]; `count` itself is a crash after the last event.
std::vector<uint64_t> points_to_try(uint64_t count, uint64_t points_max, uint64_t seed) {
    const std::string text = variable("VARVE_CRASH_POINTS");
    if (text.starts_with('@')) return {number_in(std::string_view(text).substr(1))};
    if (text == "all") points_max = count + 1;
    if (!text.empty() && text != "all") points_max = number_in(text);
    std::vector<uint64_t> points(count + 1);
    std::iota(points.begin(), points.end(), uint64_t{0});
    SeededRng rng(seed);
    while (points.size() > std::max<uint64_t>(points_max, 1)) {
        std::swap(points[rng.below(points.size())], points.back());
        points.pop_back();
    }
    std::sort(points.begin(), points.end());
    return points;
}

std::string event_text(const FaultyFileSystem& disk, uint64_t event) {
    const auto events = disk.events();
    return event < events.size() ? events[event].text() : "after the last event";
}

// One point of one run.
class CrashPoint {
public:
    CrashPoint(const CrashTrial& trial, const CrashOptions& options, uint64_t seed, uint64_t event)
        : trial_(trial), options_(options), seed_(seed), event_(event) {}

    // False once a promise is broken.
    bool holds() {
        disk_.cut_power_at(event_);
        tell_story();
        disk_.cut_power();
        const uint64_t images = 2 + options_.random_images;
        for (uint64_t i = 0; i < images; ++i) {
            const auto survival = i == 0   ? Survival::nothing
                                  : i == 1 ? Survival::everything
                                           : Survival::random;
            SeededRng rng(SeededRng::derived(SeededRng::derived(seed_, event_), i));
            auto restarted = disk_.after_crash(survival, rng);
            SCOPED_TRACE("power cut at event " + std::to_string(event_) + " (" +
                         event_text(disk_, event_) + "), image " + std::to_string(i) +
                         "; repeat with VARVE_CRASH_SEED=" + std::to_string(seed_) +
                         " VARVE_CRASH_POINTS=@" + std::to_string(event_));
            cut_recovery(*restarted, rng);
            keep_promises(*restarted);
            if (testing::Test::HasFailure()) return false;
        }
        return true;
    }

private:
    void tell_story() {
        try {
            trial_.story(disk_);
        } catch (const Stopped& stopped) {
            if (disk_.has_power())
                ADD_FAILURE() << "the story stopped with power on: " << stopped.error.detail;
        }
    }

    void keep_promises(FaultyFileSystem& disk) {
        try {
            trial_.promises(disk);
        } catch (const Stopped& stopped) {
            ADD_FAILURE() << "after the restart: " << to_string(stopped.error.code) << ": "
                          << stopped.error.detail;
        }
    }

    // Restarts on copies of `image` that lose power again, at events spread over the whole
    // recovery.
    void cut_recovery(const FaultyFileSystem& image, SeededRng& rng) {
        if (options_.second_points == 0) return;
        const auto whole = image.after_crash(Survival::everything, rng);
        keep_promises(*whole);
        const uint64_t count = whole->event_count();
        const uint64_t step = std::max<uint64_t>(1, count / options_.second_points);
        for (uint64_t event = rng.below(step); event < count && !testing::Test::HasFailure();
             event += step) {
            const auto once_more = image.after_crash(Survival::everything, rng);
            once_more->cut_power_at(event);
            try {
                trial_.promises(*once_more);
            } catch (const Stopped&) {
                // As it should: the power went. What counts is the next restart.
            }
            SCOPED_TRACE("and again in recovery, at its event " + std::to_string(event) + " (" +
                         event_text(*once_more, event) + ")");
            keep_promises(*once_more->after_crash(Survival::random, rng));
        }
    }

    const CrashTrial& trial_;
    const CrashOptions& options_;
    uint64_t seed_;
    uint64_t event_;
    FaultyFileSystem disk_;
};

}  // namespace

void run_crash_trials(const std::function<CrashTrial()>& make_trial, const CrashOptions& options) {
    const uint64_t seed = crash_seed();
    uint64_t count = 0;
    {
        const CrashTrial trial = make_trial();
        FaultyFileSystem disk;
        ASSERT_NO_THROW(trial.story(disk)) << "the story does not even work without a crash";
        count = disk.event_count();
    }
    const auto points = points_to_try(count, options.points_max, seed);
    for (const uint64_t event : points) {
        const CrashTrial trial = make_trial();
        if (CrashPoint(trial, options, seed, event).holds()) continue;
        ADD_FAILURE() << "broken at event " << event << " of " << count << ", seed " << seed;
        return;
    }
}

}  // namespace varve
