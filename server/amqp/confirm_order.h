// In which form a channel's confirms are told: as few basic.ack and basic.nack as possible.
#pragma once

#include "server/broker/publisher.h"

#include <cstdint>
#include <iterator>
#include <map>

namespace varve::amqp {

// Publishes end in any order. A run that begins with the lowest one that the client waits for is
// told by one method with `multiple`; others one by one.
//
// Threading: Shard-bound.
class ConfirmOrder {
public:
    // Calls reply(tag, multiple, accepted) for each method to send.
    template <typename Reply>
    void settle(const ConfirmRange& range, Reply&& reply) {
        if (range.begin == lowest_) {
            reply(range.end - 1, range.end - range.begin > 1, range.accepted);
            lowest_ = range.end;
            advance();
            return;
        }
        for (uint64_t number = range.begin; number < range.end; ++number)
            reply(number, false, range.accepted);
        remember(range.begin, range.end);
    }

    // How many of those below `next` the client waits for.
    uint64_t waiting(uint64_t next) const {
        uint64_t count = next - lowest_;
        for (const auto& [begin, end] : told_) count -= end - begin;
        return count;
    }

private:
    void remember(uint64_t begin, uint64_t end) {
        const auto next = told_.lower_bound(begin);
        if (next != told_.begin() && std::prev(next)->second == begin)
            begin = std::prev(next)->first;
        if (next != told_.end() && next->first == end) {
            end = next->second;
            told_.erase(next);
        }
        told_[begin] = end;
    }
    void advance() {
        while (!told_.empty() && told_.begin()->first == lowest_) {
            lowest_ = told_.begin()->second;
            told_.erase(told_.begin());
        }
    }

    uint64_t lowest_ = 1;
    std::map<uint64_t, uint64_t> told_;  // begin to end, above lowest_
};

}  // namespace varve::amqp
