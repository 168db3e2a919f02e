// How vhosts come and go.
#include "server/broker/definitions.h"
#include "server/broker/registrar.h"

namespace varve {

Task<Result<void>> Registrar::add_vhost(std::string name, Transaction facts) {
    TopologyStep step;
    step.transaction = std::move(facts);
    step.transaction.put(vhost_key(name), encode_vhost(name));
    apply(step, VhostAdded{std::move(name)});
    co_return co_await steps_.run(std::move(step));
}

Task<void> Registrar::empty_vhost(std::string name) {
    leaving_.insert(name);
    std::vector<QueueEntryRef> queues;
    for (const auto& [queue_name, slot] : parts_.topology.find_vhost(name)->queues())
        queues.push_back(slot->entry);
    for (const QueueEntryRef& queue : queues) {
        co_await parts_.arrived(queue);
        discard(co_await on_shard(parts_.shards.at(queue->shard()),
                                  [this, address = queue->address()] {
                                      return parts_.close(address, DeleteConditions{});
                                  }),
                "without conditions there is nothing to refuse");
    }
}

Task<Result<void>> Registrar::remove_vhost(std::string name, Transaction facts) {
    TopologyStep step;
    step.transaction = std::move(facts);
    clear_vhost(step, name);
    step.transaction.erase(vhost_key(name));
    apply(step, VhostRemoved{name});
    leaving_.erase(name);
    co_return co_await steps_.run(std::move(step));
}

void Registrar::clear_vhost(TopologyStep& step, const std::string& name) {
    Vhost& vhost = *parts_.topology.find_vhost(name);
    std::vector<std::string> exchanges;
    for (const auto& [exchange_name, exchange] : vhost.exchanges()) {
        const bool predeclared = exchange_name.empty() || exchange_name.starts_with("amq.");
        if (!predeclared) exchanges.push_back(exchange_name);
    }
    for (const std::string& exchange : exchanges) {
        // One that deletes itself may have gone with another.
        if (vhost.find_exchange(exchange) != nullptr) remove_exchange(step, name, exchange);
    }
    std::vector<QueueEntryRef> queues;
    for (const auto& [queue_name, slot] : vhost.queues()) queues.push_back(slot->entry);
    for (const QueueEntryRef& queue : queues) remove_queue(step, queue);
    for (const auto& [exchange_name, exchange] : vhost.exchanges()) {
        for (const auto& [key, binding] : exchange->bindings()) erase_bindings(step, {binding});
    }
}

}  // namespace varve
