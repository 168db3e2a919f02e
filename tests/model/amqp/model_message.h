// A message of the model: in a queue, or out at a client.
#pragma once

#include "engine/base/types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::model {

enum class Reason : uint8_t { rejected, expired, maxlen, delivery_limit };

struct ModelMessage {
    int number = 0;  // its body
    bool persistent = true;
    uint8_t priority = 0;
    std::optional<int64_t> expiration;  // milliseconds, of its own
    std::optional<TimePoint> expires;   // in this queue
    bool only_at_once = false;          // its time limit was 0
    std::string exchange;
    std::vector<std::string> keys;                       // the routing key, then CC
    int header = 0;                                      // what exchanges of headers look at
    std::vector<std::pair<std::string, Reason>> deaths;  // queue and reason, newest first
    uint32_t deliveries = 0;
    uint64_t place = 0;  // in its queue; equal where both orders are right
    uint64_t step = 0;   // when it came there,
    std::string source;  // and where from: "" for a publish
};

}  // namespace varve::model
