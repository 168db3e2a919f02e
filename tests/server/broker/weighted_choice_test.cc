// Which place a hash goes to: by weight, the same always, and few move.
#include "server/broker/exchanges/weighted_choice.h"

#include "engine/base/hash.h"
#include "server/broker/exchange.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

namespace varve {
namespace {

constexpr int kKeys = 20000;

class Choice : public ::testing::Test {
protected:
    Choice() {
        for (int i = 0; i < 11; ++i)
            exchanges_.push_back(std::make_unique<Exchange>(std::to_string(i), ExchangeSpec{}));
    }
    void add(int place, uint32_t weight = 1) { choice_.add(seed(place), weight, target(place)); }
    void remove(int place, uint32_t weight = 1) {
        choice_.remove(seed(place), weight, target(place));
    }
    std::vector<std::string> chosen() const {
        std::vector<std::string> names;
        for (int key = 0; key < kKeys; ++key)
            names.push_back(choice_.choose(xxh3("key" + std::to_string(key)))->exchange->name());
        return names;
    }
    static std::map<std::string, int> counts(const std::vector<std::string>& names) {
        std::map<std::string, int> counts;
        for (const std::string& name : names) ++counts[name];
        return counts;
    }
    WeightedChoice choice_;

private:
    static uint64_t seed(int place) { return xxh3("place" + std::to_string(place)); }
    RouteTarget target(int place) const { return {.exchange = exchanges_[place].get()}; }
    std::vector<std::unique_ptr<Exchange>> exchanges_;
};

TEST_F(Choice, OfNothingIsNothing) { EXPECT_FALSE(choice_.choose(7)); }

TEST_F(Choice, GoesByWeight) {
    add(0, 1);
    add(1, 2);
    add(2, 7);

    auto counts = Choice::counts(chosen());

    EXPECT_NEAR(counts["0"], kKeys / 10, kKeys / 50);
    EXPECT_NEAR(counts["1"], kKeys / 5, kKeys / 50);
    EXPECT_NEAR(counts["2"], kKeys * 7 / 10, kKeys / 50);
}

TEST_F(Choice, EqualWeightsShareEvenly) {
    for (int place = 0; place < 10; ++place) add(place, 50);

    for (const auto& [name, count] : counts(chosen())) EXPECT_NEAR(count, kKeys / 10, kKeys / 50);
}

TEST_F(Choice, NewPlaceTakesItsShareAndMovesNothingElse) {
    for (int place = 0; place < 10; ++place) add(place);
    const auto before = chosen();

    add(10);

    const auto after = chosen();
    int moved = 0;
    for (int key = 0; key < kKeys; ++key) {
        if (before[key] == after[key]) continue;
        EXPECT_EQ(after[key], "10");
        ++moved;
    }
    EXPECT_NEAR(moved, kKeys / 11, kKeys / 50);

    remove(10);
    EXPECT_EQ(chosen(), before);
}

TEST_F(Choice, DoesNotDependOnTheOrderInWhichPlacesCame) {
    for (int place = 0; place < 10; ++place) add(place, place % 3 + 1);
    const auto before = chosen();
    for (int place = 0; place < 10; ++place) remove(place, place % 3 + 1);

    for (int place = 9; place >= 0; --place) add(place, place % 3 + 1);

    EXPECT_EQ(chosen(), before);
}

}  // namespace
}  // namespace varve
