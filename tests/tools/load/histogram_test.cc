#include "tools/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace varve::load {
namespace {

TEST(Histogram, PercentilesAreAtMostOnePercentAboveTheExactOnes) {
    const uint32_t seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> latencies(13, 2);
    Histogram histogram;
    std::vector<int64_t> values;
    for (int i = 0; i < 20000; ++i) values.push_back(static_cast<int64_t>(latencies(random)));
    for (const int64_t value : values) histogram.add(value);
    std::ranges::sort(values);

    for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const auto exact = static_cast<double>(values[static_cast<size_t>(fraction * 20000) - 1]);
        EXPECT_GE(static_cast<double>(histogram.at(fraction)), exact) << fraction;
        EXPECT_LE(static_cast<double>(histogram.at(fraction)), exact * 1.01 + 1) << fraction;
    }
    EXPECT_EQ(histogram.max(), values.back());
    EXPECT_EQ(histogram.at(1), values.back());
    EXPECT_EQ(histogram.count(), 20000u);
}

TEST(Histogram, SmallValuesAreExact) {
    Histogram histogram;
    for (int value = 0; value < 100; ++value) histogram.add(value);
    EXPECT_EQ(histogram.at(0.5), 49);
    EXPECT_EQ(histogram.at(0), 0);
    EXPECT_DOUBLE_EQ(histogram.mean(), 49.5);
}

TEST(Histogram, AnEmptyOneSaysZero) {
    const Histogram histogram;
    EXPECT_EQ(histogram.at(0.99), 0);
    EXPECT_EQ(histogram.max(), 0);
    EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, TheLargestAndNegativeValuesHaveTheirPlace) {
    Histogram histogram;
    histogram.add(INT64_MAX);
    histogram.add(-5);
    EXPECT_EQ(histogram.max(), INT64_MAX);
    EXPECT_EQ(histogram.at(0.5), 0);
    EXPECT_EQ(histogram.at(1), INT64_MAX);
}

TEST(Histogram, MergedOnesCountAsOne) {
    Histogram low;
    Histogram high;
    for (int i = 0; i < 10; ++i) low.add(10), high.add(100);

    low.merge(high);

    EXPECT_EQ(low.count(), 20u);
    EXPECT_EQ(low.at(0.5), 10);
    EXPECT_EQ(low.at(0.6), 100);
    EXPECT_EQ(low.max(), 100);
}

}  // namespace
}  // namespace varve::load
