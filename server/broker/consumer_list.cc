#include "server/broker/consumer_list.h"

#include <algorithm>

namespace varve {

void ConsumerList::add(Consumer consumer) {
    const int32_t priority = consumer.priority;
    groups_[priority].consumers.push_back(std::make_unique<Consumer>(std::move(consumer)));
    ++count_;
    all_stalled_ = false;
    choose_active();
}

void ConsumerList::choose_active() {
    if (mode_ == Mode::shared || active_ != nullptr || groups_.empty()) return;
    active_ = groups_.begin()->second.consumers.front().get();
}

void ConsumerList::clear() {
    groups_.clear();
    active_ = nullptr;
    count_ = 0;
    all_stalled_ = false;
}

bool ConsumerList::remove(const ConsumerPort& port) {
    for (auto group = groups_.begin(); group != groups_.end(); ++group) {
        auto& consumers = group->second.consumers;
        const auto found = std::ranges::find_if(
            consumers, [&](const auto& consumer) { return consumer->port.get() == &port; });
        if (found == consumers.end()) continue;
        const bool was_active = found->get() == active_;
        consumers.erase(found);
        if (consumers.empty()) groups_.erase(group);
        --count_;
        if (was_active) {
            active_ = nullptr;
            all_stalled_ = false;
            choose_active();
        }
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

Consumer* ConsumerList::take_if_able(Consumer& consumer) {
    if (consumer.stalled || consumer.ended) return nullptr;
    if (take_credit(consumer)) return &consumer;
    consumer.stalled = true;
    return nullptr;
}

Consumer* ConsumerList::take() {
    if (mode_ == Mode::single && active_ != nullptr) {
        Consumer* able = take_if_able(*active_);
        all_stalled_ = able == nullptr;
        return able;
    }
    for (auto& [priority, group] : groups_) {
        const size_t size = group.consumers.size();
        for (size_t tried = 0; tried < size; ++tried) {
            Consumer& consumer = *group.consumers[group.next % size];
            group.next = (group.next + 1) % size;
            if (Consumer* able = take_if_able(consumer)) return able;
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
