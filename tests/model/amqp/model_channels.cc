// The part of BrokerModel that consumes and settles.
#include "tests/model/amqp/broker_model.h"

namespace varve::model {

int BrokerModel::consume(const std::string& name, ModelConsumer consumer) {
    ModelQueue* queue = find_queue(name);
    if (queue == nullptr) return 404;
    if (!may_use(consumer.at.connection, *queue)) return 405;
    const bool alone = !queue->consumers.empty() || queue->kind.single_active;
    if (queue->has_exclusive() || (consumer.exclusive && alone)) return 403;
    consumer.id = next_id_++;
    consumer.prefetch = channel(consumer.at).prefetch;
    queue->consumers.push_back(std::move(consumer));
    queue->had_consumers = true;
    queue->choose_active();
    return 0;
}

void BrokerModel::cancel(ChannelAddress at, const std::string& tag) {
    for (const auto& [id, queue] : queues_) {
        for (const ModelConsumer& consumer : queue.consumers) {
            if (consumer.at == at && consumer.tag == tag) return remove_consumer(id, consumer.id);
        }
    }
}

void BrokerModel::remove_consumer(uint64_t id, uint64_t consumer) {
    ModelQueue& queue = queues_.at(id);
    std::erase_if(queue.consumers, [&](const auto& other) { return other.id == consumer; });
    queue.choose_active();
    if (queue.kind.auto_delete && queue.consumers.empty())
        remove_queue(std::string(queue.name), false);
}

// Everything that is out comes back to its place before anybody else gets anything.
void BrokerModel::close(ChannelAddress at) {
    ModelChannel& closing = channel(at);
    rollback(at);
    std::vector<uint64_t> tags;
    for (const auto& [tag, out] : closing.out) tags.push_back(tag);
    end_settling(at, tags, Settling::requeue);
    std::vector<std::pair<uint64_t, uint64_t>> consumers;
    for (const auto& [id, queue] : queues_) {
        for (const ModelConsumer& consumer : queue.consumers) {
            if (consumer.at == at) consumers.emplace_back(id, consumer.id);
        }
    }
    for (const auto& [id, consumer] : consumers) {
        if (queues_.contains(id)) remove_consumer(id, consumer);
    }
    channels_.erase(at);
}

void BrokerModel::close_connection(size_t connection) {
    connection_ends_ = true;
    std::vector<ChannelAddress> open;
    for (const auto& [at, channel] : channels_) {
        if (at.connection == connection) open.push_back(at);
    }
    for (const ChannelAddress at : open) close(at);
    std::vector<std::string> owned;
    for (const auto& [name, id] : names_) {
        if (queues_.at(id).owner == connection) owned.push_back(name);
    }
    for (const std::string& name : owned) remove_queue(name, true);
}

int BrokerModel::get(ChannelAddress at, const std::string& name) {
    const ModelQueue* queue = find_queue(name);
    if (queue == nullptr) return 404;
    if (!may_use(at.connection, *queue)) return 405;
    if (queue->kind.is_quorum && queue->kind.single_active) return 405;
    get_.emplace(names_.at(name), at);
    return 0;
}

int BrokerModel::settle(ChannelAddress at, uint64_t tag, bool multiple, Settling how) {
    ModelChannel& channel = channels_.at(at);
    std::vector<uint64_t> tags;
    if (!multiple || tag != 0) {
        if (!channel.out.contains(tag)) return 406;
        tags.push_back(tag);
    }
    if (multiple) {
        tags.clear();
        for (const auto& [out, what] : channel.out) {
            if (tag == 0 || out <= tag) tags.push_back(out);
        }
    }
    if (!channel.transactional) {
        end_settling(at, tags, how);
        return 0;
    }
    for (const uint64_t settled : tags) {
        channel.tx_tags[settled] = channel.tx_settlings.size();
        channel.tx_settlings.emplace_back(channel.out.at(settled), how);
        channel.out.erase(settled);
    }
    return 0;
}

void BrokerModel::end_settling(ChannelAddress at, std::vector<uint64_t> tags, Settling how) {
    std::vector<Out> settled;
    for (const uint64_t tag : tags) {
        settled.push_back(channels_.at(at).out.at(tag));
        channels_.at(at).out.erase(tag);
    }
    for (const Out& out : settled) end_settling(out, how);
}

void BrokerModel::end_settling(const Out& out, Settling how) {
    const auto found = queues_.find(out.queue);
    if (found == queues_.end()) return;
    ModelQueue& queue = found->second;
    --queue.unsettled;
    if (how == Settling::reject) return bury(queue, out.message, Reason::rejected);
    if (how == Settling::ack) return;
    const auto limit = queue.kind.delivery_limit
                           ? queue.kind.delivery_limit
                           : (queue.kind.is_quorum ? std::optional(20u) : std::nullopt);
    if (limit && out.message.deliveries > *limit)
        return bury(queue, out.message, Reason::delivery_limit);
    queue.insert(out.message);
}

void BrokerModel::recover(ChannelAddress at) {
    std::vector<uint64_t> tags;
    for (const auto& [tag, out] : channels_.at(at).out) tags.push_back(tag);
    end_settling(at, tags, Settling::requeue);
}

void BrokerModel::rollback(ChannelAddress at) {
    ModelChannel& channel = channels_.at(at);
    for (const auto& [tag, index] : channel.tx_tags)
        channel.out[tag] = channel.tx_settlings[index].first;
    channel.tx_publishes.clear();
    channel.tx_settlings.clear();
    channel.tx_tags.clear();
}

}  // namespace varve::model
