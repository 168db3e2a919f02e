#include "server/broker/interval_set.h"

#include "tests/support/seeded_rng.h"

#include <gtest/gtest.h>

#include <set>

namespace varve {
namespace {

OffsetRange range(int64_t begin, int64_t end) { return {{begin}, {end}}; }

TEST(IntervalSet, RunsThatTouchAreOne) {
    IntervalSet set;
    set.add(range(0, 5));
    set.add(range(8, 10));
    EXPECT_EQ(set.run_count(), 2u);

    EXPECT_EQ(set.add(range(5, 8)), 3);

    EXPECT_EQ(set.run_count(), 1u);
    EXPECT_EQ(set.front_run(), range(0, 10));
}

TEST(IntervalSet, MillionsInARowCostOneRun) {
    IntervalSet set;
    for (int64_t i = 0; i < 1'000'000; ++i) set.add(range(i, i + 1));
    for (int64_t i = 0; i < 500'000; ++i) EXPECT_EQ(set.take_front().value, i);
    EXPECT_EQ(set.run_count(), 1u);
    EXPECT_EQ(set.count(), 500'000);
}

TEST(IntervalSet, BehavesAsASetOfNumbers) {
    constexpr uint64_t kSeed = 11;
    constexpr int64_t kUniverse = 60;
    SeededRng rng(kSeed);
    IntervalSet set;
    std::set<int64_t> model;
    for (int step = 0; step < 20'000; ++step) {
        const auto begin = static_cast<int64_t>(rng.below(kUniverse));
        const auto end = begin + static_cast<int64_t>(rng.below(8));
        int64_t changed = 0;
        switch (rng.below(3)) {
            case 0:
                for (int64_t i = begin; i < end; ++i) changed += model.insert(i).second ? 1 : 0;
                ASSERT_EQ(set.add(range(begin, end)), changed) << "step " << step;
                break;
            case 1:
                for (int64_t i = begin; i < end; ++i)
                    changed += static_cast<int64_t>(model.erase(i));
                ASSERT_EQ(set.remove(range(begin, end)), changed) << "step " << step;
                break;
            default:
                if (model.empty()) break;
                ASSERT_EQ(set.take_front().value, *model.begin()) << "step " << step;
                model.erase(model.begin());
        }
        std::set<int64_t> content;
        set.for_each([&](OffsetRange run) {
            for (Offset i = run.begin; i < run.end; i = i + 1) content.insert(i.value);
        });
        ASSERT_EQ(content, model) << "step " << step;
        ASSERT_EQ(set.count(), static_cast<int64_t>(model.size()));
        ASSERT_EQ(set.contains({begin}), model.contains(begin));
    }
}

}  // namespace
}  // namespace varve
