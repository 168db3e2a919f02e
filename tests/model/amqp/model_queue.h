// A queue of the model: messages in a vector, and who consumes.
#pragma once

#include "tests/model/amqp/model_message.h"
#include "tests/model/amqp/queue_kind.h"

#include <algorithm>
#include <string>
#include <vector>

namespace varve::model {

struct ChannelAddress {
    size_t connection = 0;
    uint16_t channel = 0;
    auto operator<=>(const ChannelAddress&) const = default;
};
inline std::string text(ChannelAddress at) {
    return std::to_string(at.connection) + "." + std::to_string(at.channel);
}

struct ModelConsumer {
    uint64_t id = 0;
    ChannelAddress at;
    std::string tag;
    bool no_ack = false;
    bool exclusive = false;
    int priority = 0;
    uint32_t prefetch = 0;
};

struct ModelQueue {
    std::string name;
    QueueKind kind;
    std::optional<size_t> owner;  // connection
    bool had_consumers = false;
    std::vector<ModelMessage> ready;  // in the order of delivery
    std::vector<ModelConsumer> consumers;
    uint64_t active = 0;  // consumer, of a queue with a single one
    size_t unsettled = 0;

    uint8_t level_of(const ModelMessage& message) const {
        return std::min(message.priority, kind.max_priority);
    }
    // a is delivered before b, whatever happens.
    bool is_before(const ModelMessage& a, const ModelMessage& b) const {
        if (level_of(a) != level_of(b)) return level_of(a) > level_of(b);
        return a.place < b.place;
    }
    // Into its place, behind its equals.
    void insert(ModelMessage message) {
        auto at = ready.begin();
        while (at != ready.end() && !is_before(message, *at)) ++at;
        ready.insert(at, std::move(message));
    }
    bool has_exclusive() const {
        return std::ranges::any_of(consumers, [](const auto& c) { return c.exclusive; });
    }
    // The first consumer has the queue until it goes; then the one of the highest priority that
    // waited longest.
    void choose_active() {
        const auto is_active = [this](const ModelConsumer& c) { return c.id == active; };
        if (std::ranges::any_of(consumers, is_active)) return;
        const auto chosen = std::ranges::max_element(consumers, {}, &ModelConsumer::priority);
        active = chosen == consumers.end() ? 0 : chosen->id;
    }
};

}  // namespace varve::model
