#include "server/broker/policies.h"

#include "server/broker/resource.h"

#include <algorithm>

namespace varve {

namespace {

// A queue costs a few microseconds for each policy of its vhost: a slice is a millisecond or two.
constexpr size_t kQueuesInSlice = 200;

}  // namespace

void configure(TopologyStep& step, const PolicyBook& policies, const QueueSlot& slot) {
    configure(step, policies, slot, *slot.spec);
}

void configure(TopologyStep& step,
               const PolicyBook& policies,
               const QueueSlot& slot,
               const QueueSpec& spec) {
    const QueueEntry& queue = *slot.entry;
    QueueSettings settings = policies.settings_of(queue.vhost, queue.name, spec);
    // A log has what was last committed for it: after a crash in the middle of a change that need
    // not be what its queue has.
    for (const LogRef& log : queue.logs) {
        if (settings.retention != slot.settings->retention ||
            settings.retention != log->retention())
            step.transaction.set_retention(log, settings.retention);
    }
    if (settings == *slot.settings) return;
    step.changes.emplace_back(
        QueueConfigured{slot.entry, std::make_shared<const QueueSettings>(std::move(settings))});
}

void configure(TopologyStep& step,
               const PolicyBook& policies,
               const std::string& vhost,
               const Exchange& exchange) {
    auto alternate = policies.alternate_of(vhost, exchange.name(), exchange.spec());
    if (alternate == exchange.alternate()) return;
    step.changes.emplace_back(ExchangeConfigured{vhost, exchange.name(), std::move(alternate)});
}

Policies::Policies(PoliciesParts parts, RetentionPolicy retention_default)
    : parts_(std::move(parts)), book_(std::make_shared<PolicyBook>(retention_default)) {}

void Policies::recover(PolicyBook book) {
    book_ = std::make_shared<const PolicyBook>(std::move(book));
}

Task<Result<void>> Policies::put(Policy policy) {
    VARVE_CO_TRY(check_policy(policy));
    if (parts_.topology.find_vhost(policy.vhost) == nullptr)
        co_return Error{ErrorCode::not_found, "no vhost '" + policy.vhost + "'"};
    TopologyStep step;
    step.transaction.put(policy_key(policy.kind, policy.vhost, policy.name), encode(policy));
    auto changed = std::make_shared<PolicyBook>(*book_);
    const std::string vhost = policy.vhost;
    changed->put(std::move(policy));
    book_ = std::move(changed);
    co_return co_await bring_into_effect(vhost, std::move(step));
}

Task<Result<void>> Policies::erase(PolicyKind kind, std::string vhost, std::string name) {
    auto changed = std::make_shared<PolicyBook>(*book_);
    if (!changed->erase(kind, vhost, name)) {
        co_return Error{ErrorCode::not_found, "no policy '" + name + "' in vhost '" + vhost + "'"};
    }
    book_ = std::move(changed);
    TopologyStep step;
    step.transaction.erase(policy_key(kind, vhost, name));
    co_return co_await bring_into_effect(std::move(vhost), std::move(step));
}

void Policies::forget(const std::string& vhost, Transaction& transaction) {
    auto changed = std::make_shared<PolicyBook>(*book_);
    for (const Policy& policy : book_->all()) {
        if (policy.vhost != vhost) continue;
        changed->erase(policy.kind, vhost, policy.name);
        transaction.erase(policy_key(policy.kind, vhost, policy.name));
    }
    book_ = std::move(changed);
}

// The first step has the policy itself, and the exchanges: they are few.
Task<Result<void>> Policies::bring_into_effect(std::string vhost, TopologyStep step) {
    const Vhost* found = parts_.topology.find_vhost(vhost);
    std::vector<QueueId> queues;
    if (found != nullptr) {
        for (const auto& [name, exchange] : found->exchanges())
            configure(step, *book_, vhost, *exchange);
        for (const auto& [name, slot] : found->queues()) queues.push_back(slot->entry->id);
    }
    for (size_t i = 0; i < queues.size(); ++i) {
        if (const QueueSlot* slot = parts_.topology.find_queue(queues[i]))
            configure(step, *book_, *slot);
        if (i % kQueuesInSlice != kQueuesInSlice - 1) continue;
        VARVE_CO_TRY(co_await parts_.enact(std::move(step)));
        step = TopologyStep();
    }
    co_return co_await parts_.enact(std::move(step));
}

}  // namespace varve
