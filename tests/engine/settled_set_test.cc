#include "engine/settled_set.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve {
namespace {

OffsetRange range(int64_t begin, int64_t end) { return {{begin}, {end}}; }

std::vector<OffsetRange> unsettled(const SettledSet& set, OffsetRange within) {
    std::vector<OffsetRange> runs;
    set.for_each_unsettled(within, [&](OffsetRange run) { runs.push_back(run); });
    return runs;
}
std::vector<OffsetRange> settled_above_floor(const SettledSet& set) {
    std::vector<OffsetRange> runs;
    set.for_each_settled_above_floor([&](OffsetRange run) { runs.push_back(run); });
    return runs;
}

TEST(SettledSet, InOrderRaisesTheFloorAndKeepsNothingElse) {
    SettledSet set;
    const Bytes empty = set.memory_used();
    for (int64_t i = 0; i < 200'000; ++i) EXPECT_EQ(set.settle(range(i, i + 1)), 1);
    EXPECT_EQ(set.floor(), Offset{200'000});
    EXPECT_EQ(set.memory_used(), empty);
    EXPECT_TRUE(set.take_dirty().empty());
}

TEST(SettledSet, TheFloorJumpsOverWhatWasSettledBehindAHole) {
    SettledSet set;
    EXPECT_EQ(set.settle(range(1, 300'000)), 299'999);
    EXPECT_EQ(set.floor(), Offset{0});
    EXPECT_EQ(set.count_above_floor(), 299'999);
    EXPECT_EQ(set.settle(range(0, 1)), 1);
    EXPECT_EQ(set.floor(), Offset{300'000});
    EXPECT_EQ(set.count_above_floor(), 0);
}

TEST(SettledSet, SettlingTwiceCountsOnce) {
    SettledSet set;
    EXPECT_EQ(set.settle(range(10, 20)), 10);
    EXPECT_EQ(set.settle(range(5, 25)), 10);
    EXPECT_EQ(set.settle(range(0, 25)), 5);
    EXPECT_EQ(set.settle(range(0, 25)), 0);
    EXPECT_EQ(set.floor(), Offset{25});
}

TEST(SettledSet, RunsAreReportedWholeAcrossChunks) {
    SettledSet set;
    set.settle(range(65'530, 131'080));
    EXPECT_EQ(settled_above_floor(set), std::vector{range(65'530, 131'080)});
    EXPECT_EQ(unsettled(set, range(0, 200'000)),
              (std::vector{range(0, 65'530), range(131'080, 200'000)}));
    EXPECT_EQ(unsettled(set, range(70'000, 80'000)), std::vector<OffsetRange>{});
    EXPECT_EQ(set.count_in(range(65'000, 66'000)), 470);
}

TEST(SettledSet, ALoneHoleCostsAFewBytes) {
    SettledSet set;
    set.settle(range(1, 10'000'000));
    EXPECT_LT(set.memory_used(), 64_KiB);
    for (const auto& row : set.take_dirty()) EXPECT_LE(row.encoded.size(), 5U);
}

TEST(SettledSet, ComesBackFromItsRows) {
    SettledSet set({100});
    set.settle(range(200, 300));
    set.settle(range(70'000, 70'001));
    SettledSet loaded(set.floor());
    for (const auto& row : set.take_dirty()) must(loaded.load_chunk(row.chunk, row.encoded));
    EXPECT_EQ(settled_above_floor(loaded), settled_above_floor(set));
    EXPECT_EQ(loaded.count_above_floor(), 101);
    EXPECT_TRUE(loaded.take_dirty().empty());
}

TEST(SettledSet, ARowIsDeletedOnceTheFloorHasPassedIt) {
    SettledSet set;
    set.settle(range(10, 20));
    ASSERT_EQ(set.take_dirty().size(), 1U);
    set.settle(range(0, 10));
    const auto rows = set.take_dirty();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].chunk, 0);
    EXPECT_TRUE(rows[0].encoded.empty());
    EXPECT_TRUE(set.take_dirty().empty());
}

TEST(SettledSet, AChunkThatNeverWasStoredLeavesNoTrace) {
    SettledSet set;
    set.settle(range(10, 20));
    set.settle(range(0, 10));
    EXPECT_TRUE(set.take_dirty().empty());
}

TEST(SettledSet, ARowThatWasNotStoredComesAgain) {
    SettledSet set;
    set.settle(range(10, 20));
    const auto lost = set.take_dirty();
    set.mark_dirty(lost.at(0).chunk);
    EXPECT_EQ(set.take_dirty().size(), 1U);
    EXPECT_TRUE(set.take_dirty().empty());
}

TEST(SettledSet, RefusesAChunkThatIsDamaged) {
    SettledSet set;
    EXPECT_FALSE(set.load_chunk(0, ""));
    EXPECT_FALSE(set.load_chunk(0, ByteView("\x01\x02\x00\x01\x00", 5)));  // not ascending
    EXPECT_FALSE(set.load_chunk(0, ByteView("\x03\x05\x00\x04\x00", 5)));  // a run that ends first
    EXPECT_FALSE(set.load_chunk(0, ByteView("\x02\x05", 2)));              // a short bitmap
    EXPECT_FALSE(set.load_chunk(0, "\x09"));                               // no such form
    EXPECT_FALSE(set.load_chunk(-1, ByteView("\x01\x02\x00", 3)));
    EXPECT_FALSE(set.load_chunk(INT64_MAX, ByteView("\x01\x02\x00", 3)));
}

}  // namespace
}  // namespace varve
