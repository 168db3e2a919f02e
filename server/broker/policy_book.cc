#include "server/broker/policy_book.h"

#include "server/broker/delay.h"

#include <algorithm>

namespace varve {

using amqp::FieldEntry;
using amqp::FieldTable;
using amqp::FieldValue;

namespace {

bool applies_to_queue(PolicyTarget target, QueueType type) {
    switch (target) {
        case PolicyTarget::all:
        case PolicyTarget::queues:
            return true;
        case PolicyTarget::classic_queues:
            return type == QueueType::classic;
        case PolicyTarget::quorum_queues:
            return type == QueueType::quorum;
        case PolicyTarget::streams:
            return type == QueueType::stream;
        case PolicyTarget::exchanges:
            break;
    }
    return false;
}

bool applies_to_exchange(PolicyTarget target) {
    return target == PolicyTarget::all || target == PolicyTarget::exchanges;
}

// Any negative number stands for no limit where that is allowed.
const FieldValue& lower(const FieldValue& a, const FieldValue& b) {
    const int64_t x = a.as_integer().value_or(0);
    const int64_t y = b.as_integer().value_or(0);
    if (x < 0) return b;
    if (y < 0) return a;
    return x <= y ? a : b;
}

FieldTable definition(const Policy* policy) {
    if (policy == nullptr) return {};
    auto decoded = FieldTable::decode(policy->definition);
    return decoded ? std::move(*decoded) : FieldTable();
}

// Adds what `weaker` says and `stronger` does not; of numbers the lowest.
void merge(FieldTable& stronger, const FieldTable& weaker, std::string_view prefix) {
    for (const FieldEntry& entry : weaker.entries()) {
        const std::string name = std::string(prefix) + entry.name;
        const FieldValue* present = stronger.find(name);
        const std::string_view key =
            std::string_view(name).starts_with("x-") ? std::string_view(name).substr(2) : name;
        if (present == nullptr)
            stronger.set(name, entry.value);
        else if (policy_merge(key) == PolicyMerge::minimum)
            stronger.set(name, FieldValue(lower(*present, entry.value)));
    }
}

}  // namespace

void PolicyBook::put(Policy policy) {
    auto pattern = NamePattern::compile(policy.pattern);
    if (!pattern) return;  // of an older version's catalogue, which another library compiled
    Key key(policy.kind, policy.vhost, policy.name);
    entries_.insert_or_assign(std::move(key), Entry{std::move(policy), std::move(*pattern)});
}

bool PolicyBook::erase(PolicyKind kind, const std::string& vhost, const std::string& name) {
    return entries_.erase(Key(kind, vhost, name)) > 0;
}

const Policy* PolicyBook::find(PolicyKind kind,
                               const std::string& vhost,
                               const std::string& name) const {
    const auto found = entries_.find(Key(kind, vhost, name));
    return found == entries_.end() ? nullptr : &found->second.policy;
}

std::vector<Policy> PolicyBook::all() const {
    std::vector<Policy> all;
    for (const auto& [key, entry] : entries_) all.push_back(entry.policy);
    return all;
}

template <typename Applies>
const Policy* PolicyBook::best(PolicyKind kind,
                               const std::string& vhost,
                               const std::string& name,
                               const Applies& applies) const {
    const Policy* best = nullptr;
    for (auto at = entries_.lower_bound(Key(kind, vhost, "")); at != entries_.end(); ++at) {
        const auto& [policy, pattern] = at->second;
        if (policy.kind != kind || policy.vhost != vhost) break;
        if (best != nullptr && best->priority >= policy.priority) continue;
        if (applies(policy.apply_to) && pattern.matches(name)) best = &policy;
    }
    return best;
}

PolicyBook::Match PolicyBook::of_queue(const std::string& vhost,
                                       const std::string& name,
                                       QueueType type) const {
    const auto applies = [type](PolicyTarget target) { return applies_to_queue(target, type); };
    return {.user = best(PolicyKind::user, vhost, name, applies),
            .operators = best(PolicyKind::operators, vhost, name, applies)};
}

PolicyBook::Match PolicyBook::of_exchange(const std::string& vhost, const std::string& name) const {
    return {.user = best(PolicyKind::user, vhost, name, applies_to_exchange),
            .operators = best(PolicyKind::operators, vhost, name, applies_to_exchange)};
}

FieldTable PolicyBook::definition_of(const Match& match) {
    FieldTable merged = definition(match.operators);
    merge(merged, definition(match.user), "");
    return merged;
}

QueueSettings PolicyBook::settings_of(const std::string& vhost,
                                      const std::string& name,
                                      const QueueSpec& spec) const {
    if (is_delay_queue(name)) return spec.settings;  // part of its exchange, not a user's queue
    const Match match = of_queue(vhost, name, spec.type);
    const auto own = FieldTable::decode(spec.arguments);
    if (!match.any() || !own) return spec.settings;
    FieldTable merged;
    merge(merged, definition(match.operators), "x-");
    merge(merged, *own, "");
    merge(merged, definition(match.user), "x-");
    // A policy may name a key without an exchange: then there is nothing to route with it.
    if (merged.find("x-dead-letter-exchange") == nullptr)
        merged.remove("x-dead-letter-routing-key");
    return read_settings(merged, spec, retention_default_);
}

std::optional<std::string> PolicyBook::alternate_of(const std::string& vhost,
                                                    const std::string& name,
                                                    const ExchangeSpec& spec) const {
    // The exchange without a name has none, whatever matches it.
    if (spec.alternate || name.empty()) return spec.alternate;
    const Match match = of_exchange(vhost, name);
    if (!match.user) return std::nullopt;
    const FieldTable said = definition(match.user);
    const auto alternate = said.string("alternate-exchange");
    if (!alternate) return std::nullopt;
    return std::string(*alternate);
}

}  // namespace varve
