// The consumers of one queue: whose turn it is.
#pragma once

#include "server/broker/consumer.h"

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace varve {

// Shared, the rule: the highest priority with credit first, in turn within one priority. Single:
// one consumer has the queue until it goes; then the one of the highest priority that has waited
// longest.
//
// Threading: Shard-bound to the queue's shard.
class ConsumerList {
public:
    enum class Mode : uint8_t { shared, single };
    explicit ConsumerList(Mode mode = Mode::shared) : mode_(mode) {}

    void add(Consumer consumer);
    // Answers whether it was there. What is pending goes with it.
    bool remove(const ConsumerPort& port);
    void clear();

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
    // It may get records now, or is the one that will when it has credit.
    bool is_active(const Consumer& consumer) const {
        return mode_ == Mode::shared || active_ == &consumer;
    }

private:
    struct Group {
        std::vector<std::unique_ptr<Consumer>> consumers;
        size_t next = 0;
    };
    Consumer* take_if_able(Consumer& consumer);
    void choose_active();

    Mode mode_;
    Consumer* active_ = nullptr;  // in single mode, unless the list is empty

    std::map<int32_t, Group, std::greater<>> groups_;
    uint32_t count_ = 0;
    bool all_stalled_ = false;
};

}  // namespace varve
