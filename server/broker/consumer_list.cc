#include "server/broker/consumer_list.h"

#include <algorithm>

namespace varve {

void ConsumerList::add(Consumer consumer) {
    const int32_t priority = consumer.priority;
    groups_[priority].consumers.push_back(std::make_unique<Consumer>(std::move(consumer)));
    ++count_;
    all_stalled_ = false;
}

bool ConsumerList::remove(const ConsumerPort& port) {
    for (auto group = groups_.begin(); group != groups_.end(); ++group) {
        auto& consumers = group->second.consumers;
        const auto found = std::ranges::find_if(
            consumers, [&](const auto& consumer) { return consumer->port.get() == &port; });
        if (found == consumers.end()) continue;
        consumers.erase(found);
        if (consumers.empty()) groups_.erase(group);
        --count_;
        return true;
    }
    return false;
}

Consumer* ConsumerList::find(const ConsumerPort& port) {
    Consumer* found = nullptr;
    for_each([&](Consumer& consumer) {
        if (consumer.port.get() == &port) found = &consumer;
    });
    return found;
}

bool ConsumerList::has_exclusive() const {
    return std::ranges::any_of(groups_, [](const auto& group) {
        return std::ranges::any_of(group.second.consumers,
                                   [](const auto& consumer) { return consumer->exclusive; });
    });
}

bool ConsumerList::take_credit(Consumer& consumer) {
    ConsumerPort& port = *consumer.port;
    if (port.outbox_bytes != nullptr &&
        port.outbox_bytes->load(std::memory_order_relaxed) >= kOutboxMax) {
        port.outbox_starved.store(true);
        // It may have drained between the look and the flag: look once more.
        if (port.outbox_bytes->load() >= kOutboxMax) return false;
    }
    if (consumer.ack_mode == AckMode::automatic) return true;
    if (port.consumer_credit != nullptr && !port.consumer_credit->try_take()) return false;
    if (port.channel_credit == nullptr || port.channel_credit->try_take()) return true;
    if (port.consumer_credit != nullptr) port.consumer_credit->give_back(1);
    return false;
}

Consumer* ConsumerList::take() {
    for (auto& [priority, group] : groups_) {
        const size_t size = group.consumers.size();
        for (size_t tried = 0; tried < size; ++tried) {
            Consumer& consumer = *group.consumers[group.next % size];
            group.next = (group.next + 1) % size;
            if (consumer.stalled) continue;
            if (take_credit(consumer)) return &consumer;
            consumer.stalled = true;
        }
    }
    all_stalled_ = true;
    return nullptr;
}

void ConsumerList::poke() {
    all_stalled_ = false;
    for_each([](Consumer& consumer) { consumer.stalled = false; });
}

}  // namespace varve
