// What clients of the broker saw in one step.
#pragma once

#include "tests/model/amqp/model_queue.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace varve::model {

struct SeenDelivery {
    ChannelAddress at;
    std::string consumer_tag;  // empty for basic.get
    uint64_t tag = 0;
    bool redelivered = false;
    int number = 0;
    uint32_t left = 0;  // told by get-ok
    std::string exchange;
    std::string key;
};

struct SeenConfirm {
    ChannelAddress at;
    uint64_t tag = 0;
    bool multiple = false;
    bool accepted = true;
};

struct Seen {
    std::vector<SeenDelivery> deliveries;
    std::vector<SeenConfirm> confirms;
    std::multiset<std::pair<ChannelAddress, std::string>> cancelled;  // consumer tags
    std::map<ChannelAddress, std::vector<int>> returned;              // numbers
    std::map<ChannelAddress, std::vector<std::string>> answers;       // other methods, as text
};

}  // namespace varve::model
