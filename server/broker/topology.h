// One shard's replica of every vhost, exchange, queue and binding. No I/O, no clock: the same
// changes give the same topology on every shard.
#pragma once

#include "engine/base/result.h"
#include "server/broker/exchange.h"
#include "server/broker/publish_slot.h"
#include "server/broker/queue_entry.h"
#include "server/broker/topology_change.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace varve {

// A queue as this shard's publishes meet it.
struct QueueSlot {
    QueueEntryRef entry;
    QueueSpecRef spec;  // as it was declared last; what cannot change is the entry's, too
    QueueSettingsRef settings;
    std::set<std::string, std::less<>> cursors;  // named ones
    PublishSlot publish;                         // what this shard has on its way to the queue
    std::map<Exchange*, uint32_t> sources;       // exchanges with bindings to it, with how many
    uint64_t visit = 0;   // of the route that was here last: each queue gets a message once
    bool delays = false;  // for messages that wait until they are due: see delay.h
};

// One namespace. Shard-bound, as everything here.
class Vhost {
public:
    explicit Vhost(std::string name);

    const std::string& name() const { return name_; }
    Exchange* find_exchange(std::string_view name) const;
    QueueSlot* find_queue(std::string_view name) const;

    // Adds the queues that a message goes to, each once.
    void route(Exchange& exchange, const RoutedMessage& message, std::vector<QueueSlot*>& out);

    struct NameHash {
        using is_transparent = void;
        size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>()(name);
        }
    };
    template <typename Value>
    using ByName =
        std::unordered_map<std::string, std::unique_ptr<Value>, NameHash, std::equal_to<>>;
    const ByName<Exchange>& exchanges() const { return exchanges_; }
    const ByName<QueueSlot>& queues() const { return queues_; }
    // Without those that exchanges have for delayed messages: nobody has declared them.
    size_t queue_count() const { return queues_.size() - delay_queues_; }

private:
    friend class Topology;
    void visit_target(RouteTarget target, std::vector<QueueSlot*>& out);
    RouteTarget target_of(const BindingDeclaration& binding) const;
    void add_exchange(const std::string& name, ExchangeSpec spec);
    void remove_exchange(const std::string& name);
    void add_queue(const QueueEntryRef& queue, std::unique_ptr<QueueSlot> slot);
    void remove_queue(const std::string& name);
    // Whichever of the two comes last.
    void join_delay_queue(std::string_view exchange);
    void remove_everything();
    void bind(Binding binding);
    void unbind(const BindingDeclaration& binding);
    // Removes every binding of `source` to the destination.
    void unbind_all(Exchange& source,
                    BindingDeclaration::Target target,
                    const std::string& destination);

    std::string name_;
    ByName<Exchange> exchanges_;
    ByName<QueueSlot> queues_;
    std::unordered_map<Exchange*, std::map<Exchange*, uint32_t>>
        sources_;  // of exchanges that are bound to
    Exchange* default_exchange_ = nullptr;
    size_t delay_queues_ = 0;
    uint64_t visit_ = 0;
    std::vector<RouteTarget> matched_;  // kept, so that a route allocates nothing
    std::vector<Exchange*> to_visit_;
};

// Threading: Shard-bound.
class Topology {
public:
    // Changes must fit: what is added is new, what is removed is there. The registrar sees to it.
    void apply(const TopologyChange& change);

    Vhost* find_vhost(std::string_view name) const;
    QueueSlot* find_queue(const QueueId& id) const;
    const std::map<std::string, std::unique_ptr<Vhost>, std::less<>>& vhosts() const {
        return vhosts_;
    }

private:
    std::map<std::string, std::unique_ptr<Vhost>, std::less<>> vhosts_;
    std::vector<std::unique_ptr<Vhost>> removed_;  // empty: sessions that end point to them
    std::unordered_map<QueueId, QueueSlot*> queues_;
};

}  // namespace varve
