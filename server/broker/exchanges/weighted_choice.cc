#include "server/broker/exchanges/weighted_choice.h"

#include "engine/base/check.h"

#include <algorithm>
#include <cmath>

namespace varve {

namespace {

// What a place draws: uniform, and independent for each pair. The mix is SplitMix64's.
uint64_t draw(uint64_t hash, uint64_t seed) {
    uint64_t z = hash ^ seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// The highest of `weight` draws is as likely to be the highest of all as weight says. Its
// logarithm is that of one draw, divided by the weight.
double score(uint64_t drawn, uint32_t weight) {
    const double uniform = (static_cast<double>(drawn) + 1.0) / 0x1p64;  // above 0, at most 1
    return std::log(uniform) / weight;
}

}  // namespace

void WeightedChoice::add(uint64_t seed, uint32_t weight, RouteTarget target) {
    by_weight_[weight].push_back({seed, target});
}

void WeightedChoice::remove(uint64_t seed, uint32_t weight, RouteTarget target) {
    const auto places = by_weight_.find(weight);
    VARVE_CHECK(places != by_weight_.end());
    const auto found = std::ranges::find(places->second, Place{seed, target});
    VARVE_CHECK(found != places->second.end());
    places->second.erase(found);
    if (places->second.empty()) by_weight_.erase(places);
}

std::optional<RouteTarget> WeightedChoice::choose(uint64_t hash) const {
    std::optional<RouteTarget> chosen;
    double best = 0;
    for (const auto& [weight, places] : by_weight_) {
        // Among equal weights the highest draw has the highest score: one logarithm for all.
        const Place* winner = nullptr;
        uint64_t highest = 0;
        for (const Place& place : places) {
            const uint64_t drawn = draw(hash, place.seed);
            if (winner != nullptr && drawn <= highest) continue;
            winner = &place;
            highest = drawn;
        }
        const double reached = by_weight_.size() == 1 ? 0 : score(highest, weight);
        if (chosen && reached <= best) continue;
        chosen = winner->target;
        best = reached;
    }
    return chosen;
}

}  // namespace varve
