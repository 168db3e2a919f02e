// What clients ask for, parsed once: queues, exchanges, bindings. Nothing here knows a wire format;
// `arguments` are field tables as AMQP encodes them, because they are stored and compared as such
// (server/message/field_table.h).
#pragma once

#include "engine/options.h"
#include "server/broker/names.h"
#include "server/broker/reader_filter.h"
#include "server/broker/reader_start.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace varve {

struct ExchangeDeclaration {
    std::string name;
    std::string type;  // checked by the broker: an unknown one is `precondition`
    bool durable = false;
    bool auto_delete = false;
    bool internal = false;
    std::string arguments;  // encoded field table, without its length
};

struct QueueDeclaration {
    std::string name;  // empty: the broker makes one up
    bool durable = false;
    bool exclusive = false;
    bool auto_delete = false;
    std::string arguments;  // encoded field table, without its length
};

// From an exchange to a queue or to another exchange.
struct BindingDeclaration {
    enum class Target : uint8_t { queue, exchange };
    std::string source;
    Target target = Target::queue;
    std::string destination;
    std::string routing_key;
    std::string arguments;  // encoded field table, without its length
};

struct QueueStatus {
    std::string name;
    uint64_t ready = 0;
    uint64_t unsettled = 0;
    uint32_t consumers = 0;
    // Of a declaration that made the queue: arguments `x-...` that mean nothing here.
    std::vector<std::string> unknown_arguments;
};

struct DeleteConditions {
    bool if_unused = false;
    bool if_empty = false;
};

struct ConsumeRequest {
    std::string queue;
    std::string tag;  // for messages only; unique on its channel, not beyond
    bool no_ack = false;
    bool exclusive = false;
    int32_t priority = 0;
    std::optional<std::chrono::milliseconds> timeout;  // of a delivery; none: the queue's
    std::string arguments;
    uint32_t prefetch = 0;         // of this consumer
    bool channel_limited = false;  // the channel has a limit of its own
    // A reader, which takes nothing out of the queue, has the one or the other, or both.
    std::optional<ReaderStart> read_from = std::nullopt;
    std::string cursor = {};  // the name of its place; empty: none is kept
    ReaderFilter filter = {};
    bool reads() const { return read_from.has_value() || !cursor.empty(); }
};

}  // namespace varve
