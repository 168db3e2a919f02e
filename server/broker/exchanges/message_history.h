// The newest messages of an exchange, in memory: what x-recent-history remembers on one shard.
#pragma once

#include "engine/record_batch.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// A message as it was published.
struct RememberedMessage {
    TimePoint appended;
    std::string exchange;
    std::string routing_key;
    std::string properties;
    std::string body;
};
// Shared by the history and those that a copy was handed to, on other shards; nobody changes it.
using RememberedRef = std::shared_ptr<const RememberedMessage>;

// Bounded by number and by size: when one more does not fit, the oldest go; a message that does not
// fit by itself is not kept. Threading: Caller-serialised.
class MessageHistory {
public:
    MessageHistory(size_t length, Bytes size_max) : length_(length), size_max_(size_max) {}

    void add(const RecordView& record);
    // Oldest first.
    std::vector<RememberedRef> messages() const { return {kept_.begin(), kept_.end()}; }

private:
    size_t length_;
    Bytes size_max_;
    Bytes size_ = 0;
    std::deque<RememberedRef> kept_;
};

}  // namespace varve
