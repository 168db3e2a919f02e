// All policies at one moment, and what they make of queues and exchanges. Pure: no I/O, no clock.
#pragma once

#include "engine/options.h"
#include "server/auth/name_pattern.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/policy.h"
#include "server/broker/queue_settings.h"
#include "server/broker/queue_spec.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace varve {

// Immutable once it is shared; a copy is cheap enough for the rare change.
class PolicyBook {
public:
    explicit PolicyBook(RetentionPolicy retention_default)
        : retention_default_(retention_default) {}

    // Checked before. Replaces the one of that name.
    void put(Policy policy);
    // Answers whether it was there.
    bool erase(PolicyKind kind, const std::string& vhost, const std::string& name);
    const Policy* find(PolicyKind kind, const std::string& vhost, const std::string& name) const;
    // By kind, vhost and name.
    std::vector<Policy> all() const;

    // Those that count for one queue or exchange; null where none does.
    struct Match {
        const Policy* user = nullptr;
        const Policy* operators = nullptr;
        bool any() const { return user != nullptr || operators != nullptr; }
    };
    Match of_queue(const std::string& vhost, const std::string& name, QueueType type) const;
    Match of_exchange(const std::string& vhost, const std::string& name) const;
    // What both say together, without the queue's own arguments.
    static amqp::FieldTable definition_of(const Match& match);

    // What is in effect. Of numbers the lowest counts; else what an operator says comes before the
    // queue's own argument, and that before a user's policy.
    QueueSettings settings_of(const std::string& vhost,
                              const std::string& name,
                              const QueueSpec& spec) const;
    std::optional<std::string> alternate_of(const std::string& vhost,
                                            const std::string& name,
                                            const ExchangeSpec& spec) const;

private:
    struct Entry {
        Policy policy;
        NamePattern pattern;
    };
    using Key = std::tuple<PolicyKind, std::string, std::string>;

    template <typename Applies>
    const Policy* best(PolicyKind kind,
                       const std::string& vhost,
                       const std::string& name,
                       const Applies& applies) const;

    RetentionPolicy retention_default_;
    std::map<Key, Entry> entries_;
};

}  // namespace varve
