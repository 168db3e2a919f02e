// A subscription as its queue sees it.
#pragma once

#include "server/broker/consumer_port.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace varve {

// One subscription, on the queue's shard.
struct Consumer {
    std::shared_ptr<ConsumerPort> port;
    AckMode ack_mode = AckMode::manual;
    int32_t priority = 0;
    bool exclusive = false;
    std::optional<std::chrono::milliseconds> timeout;  // of a delivery; none: the queue's

    std::vector<Delivery> pending;  // handed to it in this slice
    int64_t pending_bytes = 0;
    bool stalled = false;  // without credit, or its connection is behind
    bool ended = false;    // gets nothing any more, and is about to go
};

// Takes what one more delivery costs: credit, unless nobody acknowledges, and room in the outbox.
// False: there is none now, and whoever gives it back pokes the queue.
bool take_credit(Consumer& consumer);

}  // namespace varve
