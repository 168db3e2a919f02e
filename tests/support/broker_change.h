// One durable change of a broker, with the power cut at every event from its begin to the
// checkpoint after it.
#pragma once

#include "tests/support/broker_session.h"

#include <functional>
#include <string>

namespace varve {

// Each is called once in every life of a broker that begins on an empty disk, on the shard that is
// asked for.
struct BrokerChange {
    enum class Found : uint8_t { before, after, neither };
    struct Seen {
        Found found = Found::neither;
        std::string text;  // for failures
    };
    std::function<void(BrokerSession&)> prepare;
    std::function<Result<void>(BrokerSession&)> change;
    std::function<Seen(BrokerSession&)> look;  // after the restart
};

// What the next broker finds is as it was before the change or as after it; as after it where the
// change was answered. Both have been seen in the end.
void expect_all_or_nothing_wherever_the_power_goes(ShardIndex shard, const BrokerChange& story);

}  // namespace varve
