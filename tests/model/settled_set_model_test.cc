// SettledSet against the most obvious thing that could stand in for it: a set of numbers.
// VARVE_SEED=n repeats a run.
#include "engine/settled_set.h"
#include "tests/support/seeded_rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>

namespace varve {
namespace {

constexpr int64_t kEnd = 4 * SettledSet::kChunkSize;

uint64_t seed_of_run() {
    const char* const given = std::getenv("VARVE_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

struct Model {
    std::set<int64_t> settled;  // below the floor, too

    int64_t settle(OffsetRange range) {
        const size_t before = settled.size();
        for (int64_t i = range.begin.value; i < range.end.value; ++i) settled.insert(i);
        return static_cast<int64_t>(settled.size() - before);
    }
    int64_t floor() const {
        int64_t floor = 0;
        for (const int64_t i : settled) {
            if (i != floor) break;
            ++floor;
        }
        return floor;
    }
    int64_t count_in(OffsetRange range) const {
        return std::distance(settled.lower_bound(range.begin.value),
                             settled.lower_bound(range.end.value));
    }
};

// A store of rows, as a checkpoint would keep them.
using Rows = std::map<int64_t, std::string>;
void keep(Rows& rows, SettledSet& set) {
    for (auto& row : set.take_dirty()) {
        if (row.encoded.empty()) {
            rows.erase(row.chunk);
        } else {
            rows[row.chunk] = std::move(row.encoded);
        }
    }
}
SettledSet reloaded(Offset floor, const Rows& rows) {
    SettledSet set(floor);
    for (const auto& [chunk, encoded] : rows) must(set.load_chunk(chunk, encoded));
    return set;
}

void expect_same(const SettledSet& set, const Model& model) {
    ASSERT_EQ(set.floor().value, model.floor());
    ASSERT_EQ(set.count_above_floor(), static_cast<int64_t>(model.settled.size()) - model.floor());
    int64_t at = set.floor().value;
    int64_t found = 0;
    set.for_each_settled_above_floor([&](OffsetRange run) {
        ASSERT_GT(run.begin.value, at);  // runs are the longest there are
        ASSERT_FALSE(run.empty());
        ASSERT_EQ(model.count_in(run), run.count());
        at = run.end.value;
        found += run.count();
    });
    ASSERT_EQ(found, set.count_above_floor());
}

OffsetRange random_range(SeededRng& rng, uint64_t length_max) {
    const auto begin = static_cast<int64_t>(rng.below(kEnd));
    const auto length = static_cast<int64_t>(1 + rng.below(length_max));
    return {{begin}, {std::min(begin + length, kEnd)}};
}

// Few long runs, many single offsets, or both: each form a chunk can take is met.
void run_story(SeededRng& rng) {
    const uint64_t length_max = uint64_t{1} << rng.below(15);
    const uint64_t steps = 1 + rng.below(length_max < 8 ? 60'000 : 600);
    SettledSet set;
    Model model;
    Rows rows;
    for (uint64_t step = 0; step < steps; ++step) {
        OffsetRange range = random_range(rng, length_max);
        if (rng.one_in(4))
            range = {set.floor(), std::min(set.floor() + range.count(), Offset{kEnd})};
        ASSERT_EQ(set.count_in(range), model.count_in(range));
        ASSERT_EQ(set.settle(range), model.settle(range));
        ASSERT_EQ(set.contains(range.end), model.settled.contains(range.end.value));
        if (rng.one_in(500)) keep(rows, set);
        if (rng.one_in(2000)) {
            keep(rows, set);
            set = reloaded(set.floor(), rows);
        }
        if (rng.one_in(2000)) {
            const Offset floor{static_cast<int64_t>(rng.below(kEnd))};
            set.settle_below(floor);
            model.settle({{0}, floor});
        }
    }
    expect_same(set, model);
    keep(rows, set);
    expect_same(reloaded(set.floor(), rows), model);
    int64_t unsettled = 0;
    set.for_each_unsettled({{0}, {kEnd}}, [&](OffsetRange run) {
        ASSERT_EQ(model.count_in(run), 0);
        unsettled += run.count();
    });
    ASSERT_EQ(unsettled, kEnd - static_cast<int64_t>(model.settled.size()));
}

TEST(SettledSetModel, AnswersAsAPlainSetWould) {
    const uint64_t seed = seed_of_run();
    SCOPED_TRACE("VARVE_SEED=" + std::to_string(seed));
    SeededRng rng(seed);
    for (int story = 0; story < 15; ++story) {
        run_story(rng);
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace varve
