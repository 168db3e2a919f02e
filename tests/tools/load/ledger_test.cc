#include "tools/load/ledger.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace varve::load {
namespace {

std::string path_of(const char* name) { return testing::TempDir() + "varve_ledger_test_" + name; }

TEST(Ledger, IsTheSameAfterItWasSavedAndLoaded) {
    const std::string path = path_of("round_trip");
    Ledger before(
        LedgerShape{.run = 4711, .publishers = 2, .queues = 3, .exchange = ExchangeMode::fanout});
    before.account(0).attempted = 1000;
    before.account(0).confirmed.add_range(0, 990);
    before.account(0).confirmed.add_range(995, 1000);
    before.account(0).received[2].add_range(1, 63);
    before.account(1).attempted = 5;

    ASSERT_TRUE(before.save(path));
    const auto after = must(Ledger::load(path));

    EXPECT_EQ(after->shape(), before.shape());
    EXPECT_EQ(after->attempted(), 1005u);
    EXPECT_EQ(after->confirmed(), 995u);
    EXPECT_EQ(after->received(), 62u);
    EXPECT_FALSE(after->account(0).confirmed.contains(990));
    EXPECT_EQ(after->missing().count, before.missing().count);
    std::filesystem::remove(path);
}

TEST(Ledger, AnAbsentFileIsToldApartFromADamagedOne) {
    EXPECT_EQ(Ledger::load(path_of("absent")).error().code, ErrorCode::not_found);
    const std::string path = path_of("damaged");
    for (const char* text :
         {"",
          "something else\n",
          "varve-bench-ledger 1\n",
          "varve-bench-ledger 1\nrun 1 publishers 1 queues 1 exchange direct\n",
          "varve-bench-ledger 1\nrun 1 publishers 1 queues 1 exchange direct\nconfirmed 0-1\nend\n",
          "varve-bench-ledger 1\nrun 1 publishers 1 queues 1 exchange direct\n"
          "publisher 0 attempted 5\nconfirmed 5-3\nend\n"}) {
        std::ofstream(path) << text;
        const auto ledger = Ledger::load(path);
        ASSERT_FALSE(ledger) << text;
        EXPECT_EQ(ledger.error().code, ErrorCode::corrupt) << text;
    }
    std::filesystem::remove(path);
}

TEST(SequenceSet, KnowsItsMembersRangesAndDifferences) {
    SequenceSet set;
    set.add_range(3, 200);
    EXPECT_TRUE(set.add(500));
    EXPECT_FALSE(set.add(500));
    SequenceSet other;
    other.add_range(0, 150);
    other.add(500);
    std::vector<std::pair<uint64_t, uint64_t>> ranges;

    set.for_each_range(
        [&ranges](uint64_t begin, uint64_t end) { ranges.emplace_back(begin, end); });

    EXPECT_EQ(ranges, (std::vector<std::pair<uint64_t, uint64_t>>{{3, 200}, {500, 501}}));
    EXPECT_EQ(set.count(), 198u);
    EXPECT_EQ(set.minus(other).count, 50u);
    EXPECT_EQ(set.minus(other).first, 150u);
    EXPECT_EQ(set.minus(set).count, 0u);
    EXPECT_FALSE(set.contains(1'000'000));
}

}  // namespace
}  // namespace varve::load
