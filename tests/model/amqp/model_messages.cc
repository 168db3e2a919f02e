// The part of BrokerModel that routes, keeps and buries messages.
#include "tests/model/amqp/broker_model.h"

namespace varve::model {

std::set<std::string> BrokerModel::route(const ModelMessage& message) const {
    std::set<std::string> queues;
    if (message.exchange.empty()) {
        for (const std::string& key : message.keys) {
            if (has_queue(key)) queues.insert(key);
        }
        return queues;
    }
    std::set<std::string> seen;
    std::vector<std::string> to_visit{message.exchange};
    while (!to_visit.empty()) {
        const std::string name = to_visit.back();
        to_visit.pop_back();
        if (!exchanges_.contains(name) || !seen.insert(name).second) continue;
        const ModelExchange& exchange = exchanges_.at(name);
        bool found = false;
        for (const ModelBinding& binding : exchange.bindings) {
            if (!exchange.fits(binding, message)) continue;
            found = true;
            if (binding.to_queue)
                queues.insert(binding.destination);
            else
                to_visit.push_back(binding.destination);
        }
        if (!found && exchange.kind.alternate) to_visit.push_back(*exchange.kind.alternate);
    }
    return queues;
}

int BrokerModel::publish(ChannelAddress at, ModelMessage message, bool mandatory) {
    if (!message.exchange.empty()) {
        const auto exchange = exchanges_.find(message.exchange);
        if (exchange == exchanges_.end()) return 404;
        if (exchange->second.kind.internal) return 403;
    }
    if (channel(at).transactional) {
        channel(at).tx_publishes.emplace_back(std::move(message), mandatory);
        return 0;
    }
    const bool accepted = publish_now(at, message, mandatory);
    ModelChannel& from = channel(at);
    if (from.confirms) from.verdicts[++from.published] = accepted;
    return 0;
}

// False if some queue refused it.
bool BrokerModel::publish_now(ChannelAddress at, const ModelMessage& message, bool mandatory) {
    bool accepted = true;
    const auto targets = route(message);
    if (targets.empty() && mandatory) expected_returns[at].push_back(message.number);
    for (const std::string& target : targets)
        accepted = put(*find_queue(target), message, "", 0) && accepted;
    return accepted;
}

bool BrokerModel::put(ModelQueue& queue,
                      ModelMessage message,
                      const std::string& source,
                      int depth) {
    const bool refuses = queue.kind.max_length && queue.kind.when_full != WhenFull::drop_head;
    if (refuses && queue.ready.size() >= *queue.kind.max_length) {
        constexpr int kDepthMax = 16;
        if (queue.kind.when_full == WhenFull::reject_publish_dlx && depth < kDepthMax)
            bury(queue, message, Reason::maxlen, depth + 1);
        return false;
    }
    std::optional<int64_t> limit = message.expiration;
    if (queue.kind.ttl)
        limit = std::min(limit.value_or(queue.kind.ttl->count()), queue.kind.ttl->count());
    message.expires.reset();
    if (limit) message.expires = now_ + std::chrono::milliseconds(*limit);
    message.only_at_once = limit == 0;
    message.deliveries = 0;
    message.place = next_place_++;
    message.step = step_;
    message.source = source;
    // From several sources at once: in any order.
    const bool is_mixed = std::ranges::any_of(queue.ready, [&](const ModelMessage& other) {
        return other.step == step_ && (other.source != source || source == "?");
    });
    if (is_mixed || source == "?") {
        for (ModelMessage& other : queue.ready) {
            if (other.step != step_) continue;
            other.source = "?";
            message.place = std::min(message.place, other.place);
        }
        for (ModelMessage& other : queue.ready) {
            if (other.step == step_) other.place = message.place;
        }
        message.source = "?";
    }
    queue.insert(std::move(message));
    return true;
}

void BrokerModel::bury(const ModelQueue& from, ModelMessage message, Reason reason, int depth) {
    if (!from.kind.dead_letter_exchange) return;
    const std::string& exchange = *from.kind.dead_letter_exchange;
    if (!exchange.empty() && !exchanges_.contains(exchange)) return;
    const std::pair<std::string, Reason> death{from.name, reason};
    std::erase(message.deaths, death);
    message.deaths.insert(message.deaths.begin(), death);
    message.expiration.reset();
    message.exchange = exchange;
    if (from.kind.dead_letter_key) message.keys = {*from.kind.dead_letter_key};
    // Levels of one queue die in any order, and so does what several channels held.
    const bool in_any_order = from.kind.max_priority > 0 || connection_ends_;
    const std::string source = in_any_order ? "?" : from.name;
    for (const std::string& target : route(message)) {
        bool in_circle = false;
        for (const auto& [queue, why] : message.deaths) {
            if (reason == Reason::rejected || why == Reason::rejected) break;
            in_circle = in_circle || queue == target;
        }
        if (!in_circle) put(*find_queue(target), message, source, depth);
    }
}

int BrokerModel::commit(ChannelAddress at) {
    ModelChannel& committing = channel(at);
    if (!committing.transactional) return 406;
    for (const auto& [message, mandatory] : committing.tx_publishes) {
        if (message.exchange.empty()) continue;
        const auto exchange = exchanges_.find(message.exchange);
        if (exchange == exchanges_.end()) return 404;
    }
    for (const auto& [message, mandatory] : committing.tx_publishes) {
        const bool internal =
            !message.exchange.empty() && exchanges_.at(message.exchange).kind.internal;
        if (internal) return 403;
    }
    const auto publishes = std::exchange(committing.tx_publishes, {});
    const auto settlings = std::exchange(committing.tx_settlings, {});
    committing.tx_tags.clear();
    for (const auto& [message, mandatory] : publishes) publish_now(at, message, mandatory);
    for (const auto& [out, how] : settlings) end_settling(out, how);
    return 0;
}

bool BrokerModel::is_delicate(const ModelMessage& message) const {
    for (const std::string& target : route(message)) {
        const QueueKind& kind = queue(target).kind;
        if (kind.max_priority > 0 || kind.max_length) return true;
    }
    return false;
}

}  // namespace varve::model
