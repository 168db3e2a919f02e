// The part of BrokerModel that takes in what clients saw.
#include "tests/model/amqp/broker_model.h"

namespace varve::model {

namespace {

std::string text(const SeenDelivery& seen) {
    return "message " + std::to_string(seen.number) + " at channel " + text(seen.at) +
           (seen.consumer_tag.empty() ? " by basic.get" : " consumer " + seen.consumer_tag);
}

std::string check_told(const SeenDelivery& seen, const ModelMessage& message) {
    if (seen.redelivered != (message.deliveries > 0)) return text(seen) + ": redelivered is wrong";
    if (seen.exchange != message.exchange || seen.key != message.keys.front())
        return text(seen) + ": from '" + seen.exchange + "' by '" + seen.key + "'";
    return "";
}

}  // namespace

std::string BrokerModel::take_in(const Seen& seen, bool no_ack_get) {
    std::vector<Unseen> deliveries;
    for (const SeenDelivery& delivery : seen.deliveries) {
        if (!delivery.consumer_tag.empty()) {
            deliveries.push_back({&delivery});
            continue;
        }
        if (!get_) return text(delivery) + ": nobody asked";
        if (auto fault = take_in_get(delivery, no_ack_get); !fault.empty()) return fault;
    }
    if (get_ && !queues_.at(get_->first).ready.empty()) return "get-empty, and there is something";
    get_.reset();
    for (bool moved = true; moved;) {
        moved = false;
        std::vector<uint64_t> ids;
        for (const auto& [id, queue] : queues_) ids.push_back(id);
        for (const uint64_t id : ids) {
            if (auto fault = deliver(id, deliveries, moved); !fault.empty()) return fault;
            moved = shorten(queues_.at(id)) || moved;
            moved = expire_heads(queues_.at(id)) || moved;
        }
    }
    for (const Unseen& unseen : deliveries) {
        if (!unseen.taken) return text(*unseen.delivery) + ": it was not ready";
    }
    if (auto fault = take_in_confirms(seen); !fault.empty()) return fault;
    return check_idle(seen);
}

// Its time is over: it may not be delivered any more.
bool BrokerModel::has_expired(const ModelMessage& message) const {
    const bool at_once = message.only_at_once && message.deliveries == 0;
    return message.expires && *message.expires <= now_ && !at_once;
}

// A queue may hold a body twice, as it was published and as a dead letter: what else is told with
// it says which of them was seen.
std::vector<ModelMessage>::iterator BrokerModel::find_seen(
    ModelQueue& queue, const SeenDelivery& seen, const std::vector<size_t>& chosen) const {
    auto found = queue.ready.end();
    for (auto at = queue.ready.begin(); at != queue.ready.end(); ++at) {
        const auto index = static_cast<size_t>(at - queue.ready.begin());
        if (at->number != seen.number || std::ranges::count(chosen, index) > 0) continue;
        if (!has_expired(*at) && check_told(seen, *at).empty()) return at;
        if (found == queue.ready.end()) found = at;
    }
    return found;
}

std::string BrokerModel::take_in_get(const SeenDelivery& got, bool no_ack) {
    const auto [id, at] = *get_;
    get_.reset();
    ModelQueue& queue = queues_.at(id);
    const auto found = find_seen(queue, got, {});
    if (found == queue.ready.end()) return text(got) + ": it was not ready in " + queue.name;
    for (const ModelMessage& other : queue.ready) {
        if (queue.is_before(other, *found))
            return text(got) + ": " + std::to_string(other.number) + " comes first";
    }
    if (auto fault = check_told(got, *found); !fault.empty()) return fault;
    ModelMessage message = *found;
    queue.ready.erase(found);
    if (got.left != queue.ready.size()) return text(got) + ": the count of what is left is wrong";
    ++message.deliveries;
    if (no_ack) return "";
    ++queue.unsettled;
    channel(at).out[got.tag] = {id, std::move(message), 0};
    return "";
}

// What consumers of one queue got: the first of what is ready, each consumer in order.
std::string BrokerModel::deliver(uint64_t id, std::vector<Unseen>& deliveries, bool& moved) {
    ModelQueue& queue = queues_.at(id);
    std::vector<size_t> chosen;  // of ready
    std::vector<std::pair<Unseen*, const ModelConsumer*>> takers;
    std::map<uint64_t, ModelMessage> last;  // by consumer
    for (Unseen& unseen : deliveries) {
        const SeenDelivery& seen = *unseen.delivery;
        const auto consumer = std::ranges::find_if(queue.consumers, [&](const ModelConsumer& c) {
            return c.at == seen.at && c.tag == seen.consumer_tag;
        });
        if (unseen.taken || consumer == queue.consumers.end()) continue;
        const auto found = find_seen(queue, seen, chosen);
        if (found == queue.ready.end()) continue;
        if (const auto before = last.find(consumer->id);
            before != last.end() && !connection_ends_ && queue.is_before(*found, before->second))
            return text(seen) + ": out of order";
        if (has_expired(*found)) return text(seen) + ": it has expired";
        if (auto fault = check_told(seen, *found); !fault.empty()) return fault;
        if (queue.kind.single_active && consumer->id != queue.active)
            return text(seen) + ": another consumer is the active one";
        last[consumer->id] = *found;
        chosen.push_back(static_cast<size_t>(found - queue.ready.begin()));
        takers.emplace_back(&unseen, &*consumer);
    }
    if (auto fault = check_overtaken(queue, chosen); !fault.empty()) return fault;
    for (size_t i = 0; i < chosen.size(); ++i) {
        const auto& [unseen, consumer] = takers[i];
        unseen->taken = moved = true;
        if (consumer->no_ack) continue;
        Out out{id, queue.ready[chosen[i]], consumer->id};
        ++out.message.deliveries;
        ++queue.unsettled;
        channel(consumer->at).out[unseen->delivery->tag] = std::move(out);
    }
    std::ranges::sort(chosen);
    for (size_t i = chosen.size(); i-- > 0;)
        queue.ready.erase(queue.ready.begin() + static_cast<std::ptrdiff_t>(chosen[i]));
    for (const auto& [unseen, consumer] : takers) {
        const uint32_t out = out_of(consumer->at, consumer->id);
        const uint32_t limit_all = channel(consumer->at).prefetch_all;
        const bool too_much = (consumer->prefetch > 0 && out > consumer->prefetch) ||
                              (limit_all > 0 && out_of_channel(consumer->at) > limit_all);
        if (too_much && !consumer->no_ack)
            return text(*unseen->delivery) + ": more than its prefetch";
        for (const ModelConsumer& other : queue.consumers) {
            if (other.priority > consumer->priority && may_take(queue, other) &&
                !queue.kind.single_active)
                return text(*unseen->delivery) + ": consumer " + other.tag + " has priority";
        }
    }
    return "";
}

std::string BrokerModel::check_overtaken(const ModelQueue& queue,
                                         const std::vector<size_t>& chosen) const {
    if (connection_ends_) return "";
    for (const size_t taken : chosen) {
        for (size_t other = 0; other < queue.ready.size(); ++other) {
            const ModelMessage& left = queue.ready[other];
            if (std::ranges::count(chosen, other) > 0 || (left.expires && *left.expires <= now_))
                continue;
            if (queue.is_before(left, queue.ready[taken]))
                return "message " + std::to_string(queue.ready[taken].number) + " overtook " +
                       std::to_string(left.number) + " in " + queue.name;
        }
    }
    return "";
}

bool BrokerModel::may_take(const ModelQueue& queue, const ModelConsumer& consumer) const {
    if (queue.kind.single_active && consumer.id != queue.active) return false;
    if (consumer.no_ack) return true;
    const uint32_t limit_all = channels_.at(consumer.at).prefetch_all;
    if (limit_all > 0 && out_of_channel(consumer.at) >= limit_all) return false;
    return consumer.prefetch == 0 || out_of(consumer.at, consumer.id) < consumer.prefetch;
}

// What a transaction has settled counts until it commits.
uint32_t BrokerModel::out_of(ChannelAddress at, uint64_t consumer) const {
    uint32_t count = 0;
    for (const auto& [tag, out] : channels_.at(at).out) count += out.consumer == consumer;
    for (const auto& [out, how] : channels_.at(at).tx_settlings) count += out.consumer == consumer;
    return count;
}

uint32_t BrokerModel::out_of_channel(ChannelAddress at) const {
    uint32_t count = 0;
    for (const auto& [tag, out] : channels_.at(at).out) count += out.consumer != 0;
    for (const auto& [out, how] : channels_.at(at).tx_settlings) count += out.consumer != 0;
    return count;
}

bool BrokerModel::shorten(ModelQueue& queue) {
    if (!queue.kind.max_length || queue.kind.when_full != WhenFull::drop_head) return false;
    bool dropped = false;
    while (queue.ready.size() > *queue.kind.max_length) {
        const ModelMessage head = queue.ready.front();
        open_ended_ = open_ended_ || connection_ends_;
        for (const ModelMessage& other : queue.ready) {
            if (other.source == "?" && other.place == head.place && other.number != head.number)
                open_ended_ = true;
        }
        queue.ready.erase(queue.ready.begin());
        bury(queue, head, Reason::maxlen);
        dropped = true;
    }
    return dropped;
}

bool BrokerModel::expire_heads(ModelQueue& queue) {
    bool expired = false;
    for (size_t index = 0; index < queue.ready.size();) {
        const ModelMessage head = queue.ready[index];
        const bool is_head =
            index == 0 || queue.level_of(queue.ready[index - 1]) != queue.level_of(head);
        if (!is_head || !head.expires || *head.expires > now_) {
            ++index;
            continue;
        }
        queue.ready.erase(queue.ready.begin() + static_cast<std::ptrdiff_t>(index));
        bury(queue, head, Reason::expired);
        expired = true;
    }
    return expired;
}

std::string BrokerModel::take_in_confirms(const Seen& seen) {
    for (const SeenConfirm& confirm : seen.confirms) {
        if (!is_open(confirm.at)) continue;
        auto& verdicts = channel(confirm.at).verdicts;
        const auto begin = confirm.multiple ? verdicts.begin() : verdicts.find(confirm.tag);
        if (begin == verdicts.end()) return "confirm of " + std::to_string(confirm.tag);
        for (auto at = begin; at != verdicts.end() && at->first <= confirm.tag;) {
            if (at->second != confirm.accepted)
                return "publish " + std::to_string(at->first) + ": the wrong confirm";
            at = verdicts.erase(at);
        }
    }
    for (const auto& [at, open] : channels_) {
        if (!open.verdicts.empty())
            return "publish " + std::to_string(open.verdicts.begin()->first) + " is not confirmed";
    }
    return "";
}

// Nothing that could happen is left to happen.
std::string BrokerModel::check_idle(const Seen& seen) const {
    for (const auto& [id, queue] : queues_) {
        if (queue.ready.empty()) continue;
        for (const ModelConsumer& consumer : queue.consumers) {
            if (may_take(queue, consumer))
                return "message " + std::to_string(queue.ready.front().number) + " in " +
                       queue.name + " waits, and consumer " + consumer.tag + " could take it";
        }
    }
    if (seen.cancelled != expected_cancels)
        return std::to_string(seen.cancelled.size()) + " consumers were cancelled instead of " +
               std::to_string(expected_cancels.size());
    if (seen.returned != expected_returns) return "other messages came back than have to";
    return "";
}

}  // namespace varve::model
