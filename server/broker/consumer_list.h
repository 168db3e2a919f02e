// The consumers of one queue: whose turn it is.
#pragma once

#include "server/broker/consumer_port.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace varve {

// One subscription, on the queue's shard.
struct Consumer {
    std::shared_ptr<ConsumerPort> port;
    AckMode ack_mode = AckMode::manual;
    int32_t priority = 0;
    bool exclusive = false;

    std::vector<Delivery> pending;  // handed to it in this slice
    int64_t pending_bytes = 0;
    bool stalled = false;  // without credit, or its connection is behind
};

// The highest priority with credit first, in turn within one priority.
//
// Threading: Shard-bound to the queue's shard.
class ConsumerList {
public:
    void add(Consumer consumer);
    // Answers whether it was there. What is pending goes with it.
    bool remove(const ConsumerPort& port);

    bool empty() const { return count_ == 0; }
    uint32_t count() const { return count_; }
    bool has_exclusive() const;
    // Some consumer may be able to take a record.
    bool may_take() const { return !all_stalled_ && count_ > 0; }

    // The consumer that gets the next record, with its credit taken; null if none can.
    Consumer* take();
    // Credit or outbox room came back to some of them.
    void poke();

    template <typename Visit>
    void for_each(const Visit& visit) {
        for (auto& [priority, group] : groups_) {
            for (auto& consumer : group.consumers) visit(*consumer);
        }
    }
    Consumer* find(const ConsumerPort& port);

private:
    struct Group {
        std::vector<std::unique_ptr<Consumer>> consumers;
        size_t next = 0;
    };
    static bool take_credit(Consumer& consumer);

    std::map<int32_t, Group, std::greater<>> groups_;
    uint32_t count_ = 0;
    bool all_stalled_ = false;
};

}  // namespace varve
