// The part of BrokerModel that declares, binds and deletes.
#include "tests/model/amqp/broker_model.h"

namespace varve::model {

std::optional<TimePoint> BrokerModel::next_expiry() const {
    std::optional<TimePoint> next;
    for (const auto& [id, queue] : queues_) {
        for (const ModelMessage& message : queue.ready) {
            if (!message.expires || *message.expires <= now_) continue;
            if (!next || *message.expires < *next) next = message.expires;
        }
    }
    return next;
}

int BrokerModel::declare_exchange(const std::string& name, const ExchangeKind& kind) {
    const auto [at, is_new] = exchanges_.try_emplace(name, ModelExchange{kind, {}});
    return is_new || at->second.kind == kind ? 0 : 406;
}

int BrokerModel::delete_exchange(const std::string& name, bool if_unused) {
    const auto found = exchanges_.find(name);
    if (found == exchanges_.end()) return 0;
    if (if_unused && !found->second.bindings.empty()) return 406;
    remove_exchange(name);
    return 0;
}

void BrokerModel::remove_exchange(const std::string& name) {
    exchanges_.erase(name);
    drop_bindings_to(false, name);
}

// An exchange that deletes itself goes with its last binding.
void BrokerModel::drop_bindings_to(bool queue, const std::string& destination) {
    std::vector<std::string> unused;
    for (auto& [name, exchange] : exchanges_) {
        const auto dropped = std::erase_if(exchange.bindings, [&](const ModelBinding& binding) {
            return binding.to_queue == queue && binding.destination == destination;
        });
        if (dropped > 0 && exchange.bindings.empty() && exchange.kind.auto_delete)
            unused.push_back(name);
    }
    for (const std::string& name : unused) {
        if (exchanges_.contains(name)) remove_exchange(name);
    }
}

int BrokerModel::bind(size_t connection, const std::string& source, ModelBinding binding) {
    if (binding.to_queue) {
        if (!has_queue(binding.destination)) return 404;
        if (!may_use(connection, queue(binding.destination))) return 405;
    } else if (!exchanges_.contains(binding.destination)) {
        return 404;
    }
    const auto found = exchanges_.find(source);
    if (found == exchanges_.end()) return 404;
    ModelExchange& exchange = found->second;
    const auto same = [&](const ModelBinding& other) { return other.is_same(binding); };
    if (std::ranges::any_of(exchange.bindings, same)) return 0;
    const bool to_stored = binding.to_queue ? queue(binding.destination).kind.keeps(true)
                                            : exchanges_.at(binding.destination).kind.durable;
    binding.stored = exchange.kind.durable && to_stored;
    exchange.bindings.push_back(std::move(binding));
    return 0;
}

int BrokerModel::unbind(size_t connection, const std::string& source, const ModelBinding& binding) {
    if (binding.to_queue && has_queue(binding.destination) &&
        !may_use(connection, queue(binding.destination)))
        return 405;
    const auto found = exchanges_.find(source);
    if (found == exchanges_.end()) return 0;
    ModelExchange& exchange = found->second;
    const auto dropped = std::erase_if(
        exchange.bindings, [&](const ModelBinding& other) { return other.is_same(binding); });
    if (dropped > 0 && exchange.bindings.empty() && exchange.kind.auto_delete)
        remove_exchange(source);
    return 0;
}

BrokerModel::Counted BrokerModel::declare_queue(size_t connection,
                                                const std::string& name,
                                                const QueueKind& kind) {
    if (ModelQueue* there = find_queue(name)) {
        const std::optional<size_t> wanted =
            kind.exclusive ? std::optional(connection) : std::nullopt;
        if (there->owner != wanted) return {.code = 405};
        if (!same_declaration(there->kind, kind)) return {.code = 406};
        return {0, there->ready.size(), there->consumers.size()};
    }
    ModelQueue queue{.name = name, .kind = kind};
    if (kind.exclusive) queue.owner = connection;
    names_[name] = next_id_;
    queues_[next_id_++] = std::move(queue);
    return {};
}

BrokerModel::Counted BrokerModel::check_queue(size_t connection, const std::string& name) const {
    if (!has_queue(name)) return {.code = 404};
    if (!may_use(connection, queue(name))) return {.code = 405};
    return {0, queue(name).ready.size(), queue(name).consumers.size()};
}

BrokerModel::Counted BrokerModel::delete_queue(size_t connection,
                                               const std::string& name,
                                               bool unused,
                                               bool empty) {
    const ModelQueue* there = find_queue(name);
    if (there == nullptr) return {};
    if (!may_use(connection, *there)) return {.code = 405};
    if (unused && !there->consumers.empty()) return {.code = 406};
    if (empty && !there->ready.empty()) return {.code = 406};
    const size_t ready = there->ready.size();
    remove_queue(name, true);
    return {0, ready, 0};
}

BrokerModel::Counted BrokerModel::purge(size_t connection, const std::string& name) {
    Counted counted = check_queue(connection, name);
    if (counted.code == 0) find_queue(name)->ready.clear();
    return counted;
}

ModelQueue* BrokerModel::find_queue(const std::string& name) {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : &queues_.at(found->second);
}

// What of it is out can be settled still, and that has no effect.
void BrokerModel::remove_queue(const std::string& name, bool tell) {
    const auto found = names_.find(name);
    const uint64_t id = found->second;
    if (tell) {
        for (const ModelConsumer& consumer : queues_.at(id).consumers)
            expected_cancels.emplace(consumer.at, consumer.tag);
    }
    queues_.erase(id);
    names_.erase(found);
    drop_bindings_to(true, name);
}

// Clients were told before: what they held has come back, and what was theirs has gone.
void BrokerModel::restart() {
    std::vector<std::string> lost;
    for (const auto& [name, id] : names_) {
        if (!queues_.at(id).kind.keeps(true)) lost.push_back(name);
    }
    for (const std::string& name : lost) {
        queues_.erase(names_.at(name));
        names_.erase(name);
    }
    std::erase_if(exchanges_, [](const auto& entry) { return !entry.second.kind.durable; });
    for (auto& [name, exchange] : exchanges_)
        std::erase_if(exchange.bindings,
                      [](const ModelBinding& binding) { return !binding.stored; });
    for (auto& [id, queue] : queues_) {
        std::erase_if(queue.ready, [&](const ModelMessage& message) {
            return !queue.kind.keeps(message.persistent);
        });
    }
}

}  // namespace varve::model
