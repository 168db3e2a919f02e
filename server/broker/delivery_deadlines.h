// Until when the deliveries of one queue have to be settled.
#pragma once

#include "server/broker/consumer_port.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace varve {

// Holds what is out with a time limit, and nothing else.
//
// Threading: Shard-bound to the queue's shard.
class DeliveryDeadlines {
public:
    using Time = std::chrono::nanoseconds;  // of Clock::monotonic()
    struct Overdue {
        RecordKey key;
        std::shared_ptr<ConsumerPort> port;  // whose channel may end before: hence shared
    };

    bool empty() const { return out_.empty(); }
    std::optional<Time> next() const {
        return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
    }

    void add(const RecordKey& key, Time deadline, std::shared_ptr<ConsumerPort> port) {
        out_[key] = {deadline, std::move(port)};
        order_.emplace(deadline, key);
    }
    // They are settled, or have gone back.
    void remove(Level level, Lane lane, OffsetRange range) {
        auto at = out_.lower_bound({level, lane, range.begin});
        while (at != out_.end() && at->first < RecordKey{level, lane, range.end}) {
            order_.erase({at->second.deadline, at->first});
            at = out_.erase(at);
        }
    }
    // The first one whose time is over; it is to be removed.
    std::optional<Overdue> overdue(Time now) const {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        const RecordKey key = order_.begin()->second;
        return Overdue{key, out_.at(key).port};
    }

private:
    struct Out {
        Time deadline{};
        std::shared_ptr<ConsumerPort> port;
    };
    std::map<RecordKey, Out> out_;
    std::set<std::pair<Time, RecordKey>> order_;
};

}  // namespace varve
