// Chooses one of several weighted places for a hash, so that few hashes move when a place comes or
// goes.
#pragma once

#include "server/broker/route_target.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace varve {

// Rendezvous hashing: each place draws a number for the hash, and the highest one wins. A new place
// takes only what it wins itself, its share by weight; what goes leaves the others alone. The
// choice depends on seeds and weights, not on the order in which the places came.
//
// Memory is one entry for each place, whatever its weight. A choice costs about 1 ns for each
// place, and a logarithm for each different weight. Threading: Caller-serialised.
class WeightedChoice {
public:
    // `seed` names the place: the same one for the same place, always. The weight is at least 1.
    void add(uint64_t seed, uint32_t weight, RouteTarget target);
    // It was added so.
    void remove(uint64_t seed, uint32_t weight, RouteTarget target);
    // Nullopt if there is no place.
    std::optional<RouteTarget> choose(uint64_t hash) const;

private:
    struct Place {
        uint64_t seed;
        RouteTarget target;
        bool operator==(const Place&) const = default;
    };
    std::map<uint32_t, std::vector<Place>> by_weight_;
};

}  // namespace varve
