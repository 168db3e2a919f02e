// One change of the topology as a value: decided once by the registrar, applied by every shard in
// the same order.
#pragma once

#include "server/broker/binding.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/queue_entry.h"
#include "server/broker/recalled_messages.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace varve {

// Brings its predeclared exchanges along.
struct VhostAdded {
    std::string vhost;
};
// Nothing is left in it but exchanges and their bindings to each other, which go along.
struct VhostRemoved {
    std::string vhost;
};
struct ExchangeAdded {
    std::string vhost;
    std::string name;
    ExchangeSpec spec;
};
// Takes the bindings from it and to it along.
struct ExchangeRemoved {
    std::string vhost;
    std::string name;
};
// A policy came or went that says where it sends what no binding matched.
struct ExchangeConfigured {
    std::string vhost;
    std::string name;
    std::optional<std::string> alternate;
};
struct QueueAdded {
    QueueEntryRef queue;
};
// It was declared with other arguments.
struct QueueRedeclared {
    QueueEntryRef queue;
    QueueSpecRef spec;
};
// Its settings have changed: see Queue::configure().
struct QueueConfigured {
    QueueEntryRef queue;
    QueueSettingsRef settings;
};
// A reader has a place in it from now on, under this name.
struct CursorAdded {
    QueueEntryRef queue;
    std::string name;
};
struct CursorRemoved {
    QueueEntryRef queue;
    std::string name;
};
// Takes the bindings to it along, and its cursors.
struct QueueRemoved {
    QueueEntryRef queue;
};
struct BindingAdded {
    std::string vhost;
    Binding binding;
    std::shared_ptr<RecalledMessages> recalled =
        nullptr;  // if set, gets what the exchange remembers
};
struct BindingRemoved {
    std::string vhost;
    BindingDeclaration binding;
};

using TopologyChange = std::variant<VhostAdded,
                                    VhostRemoved,
                                    ExchangeAdded,
                                    ExchangeRemoved,
                                    ExchangeConfigured,
                                    QueueAdded,
                                    QueueRedeclared,
                                    QueueConfigured,
                                    CursorAdded,
                                    CursorRemoved,
                                    QueueRemoved,
                                    BindingAdded,
                                    BindingRemoved>;
using TopologyChanges = std::vector<TopologyChange>;

}  // namespace varve
