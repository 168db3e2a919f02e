// What the broker has, as values: for listings of the control door.
#pragma once

#include "server/async/task.h"
#include "server/broker/binding.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/queue_entry.h"
#include "server/broker/queue_settings.h"

#include <optional>
#include <string>
#include <vector>

namespace varve {

class Topology;

// Counts are read from entry->live, at any time and on any thread.
struct QueueListing {
    QueueEntryRef entry;
    QueueSpecRef spec;          // as it was declared last
    QueueSettingsRef settings;  // in effect now
};
struct ExchangeListing {
    std::string vhost;
    std::string name;
    ExchangeSpec spec;
    QueueEntryRef delay_queue;  // where its messages wait until they are due; null: it has none
};
struct BindingListing {
    std::string vhost;
    BindingDeclaration binding;
};

// Reads the replica of shard 0, which every change passes first. A listing of much is put together
// in slices of a millisecond at most, between which the shard does its other work: what changes
// meanwhile may be in it or not.
//
// Threading: tasks from any thread's event loop; they resume there.
class Inventory {
public:
    // Of shard 0. Both outlive it.
    Inventory(Shard& shard, const Topology& topology) : shard_(shard), topology_(topology) {}

    Task<std::vector<std::string>> vhosts();
    // Of one vhost, or of all if `vhost` is none. Sorted by vhost and name. The queues of delayed
    // exchanges belong to those and are nobody's to list.
    Task<std::vector<QueueListing>> queues(std::optional<std::string> vhost);
    Task<std::vector<ExchangeListing>> exchanges(std::optional<std::string> vhost);
    // Without those of the default exchange, which every queue has.
    Task<std::vector<BindingListing>> bindings(std::optional<std::string> vhost);
    Task<std::optional<QueueListing>> queue(std::string vhost, std::string name);
    Task<std::optional<ExchangeListing>> exchange(std::string vhost, std::string name);

private:
    // Those that exist of the vhosts that are asked for; on shard 0.
    std::vector<std::string> chosen(const std::optional<std::string>& vhost) const;
    Task<std::vector<QueueListing>> collect_queues(std::optional<std::string> vhost);
    Task<std::vector<ExchangeListing>> collect_exchanges(std::optional<std::string> vhost);
    Task<std::vector<BindingListing>> collect_bindings(std::optional<std::string> vhost);
    Task<void> next_slice();

    Shard& shard_;
    const Topology& topology_;
};

}  // namespace varve
