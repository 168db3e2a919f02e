// Vhosts, exchanges, queues and bindings as catalogue entries. Format: docs/storage-format.md,
// Catalogue.
#pragma once

#include "engine/transaction.h"
#include "server/broker/binding.h"
#include "server/broker/exchange_spec.h"
#include "server/broker/queue_spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace varve {

// Numbers of the format. A vhost comes before what is in it, an exchange and a queue before their
// bindings, cursors and publishers. Kinds from 16 on are others': AccountKind.
enum class DefinitionKind : uint8_t {
    vhost = 1,
    exchange = 2,
    queue = 3,
    binding = 4,
    cursor = 5,
    publisher = 6
};

// The queue in which a delayed exchange keeps what is not due yet has its name behind this.
constexpr std::string_view kDelayQueuePrefix = "amq.delayed.";

struct ExchangeDefinition {
    std::string vhost;
    ExchangeDeclaration declaration;
};
struct QueueDefinition {
    std::string vhost;
    QueueDeclaration declaration;
    QueueId id;
    std::vector<LogId> logs;  // one per priority level
};
struct BindingDefinition {
    std::string vhost;
    BindingDeclaration declaration;
    Id128 id;
};

struct CursorDefinition {
    QueueId queue;
    std::string name;
    bool operator==(const CursorDefinition&) const = default;
};

// Somebody who sends to a stream, and the highest publishing id that the stream has of him.
struct PublisherDefinition {
    QueueId queue;
    std::string name;
    int64_t id = 0;
    bool operator==(const PublisherDefinition&) const = default;
};

// The engine's name of a cursor: every shard and every session finds the same one. Two names with
// one id are as likely as two equal random numbers of 64 bits; the second one is refused.
CursorId cursor_id_of(std::string_view name);

CatalogueKey vhost_key(const std::string& name);
CatalogueKey exchange_key(const std::string& vhost, const std::string& name);
CatalogueKey queue_key(const QueueId& id);
CatalogueKey binding_key(const Id128& id);
CatalogueKey cursor_key(const CursorDefinition& cursor);
CatalogueKey publisher_key(const QueueId& queue, const std::string& name);

std::string encode_vhost(const std::string& name);
std::string encode(const ExchangeDefinition& exchange);
std::string encode(const QueueDefinition& queue);
std::string encode(const BindingDefinition& binding);
std::string encode(const CursorDefinition& cursor);
std::string encode(const PublisherDefinition& publisher);

// `corrupt`, or `newer_format`.
Result<std::string> decode_vhost(ByteView value);
Result<ExchangeDefinition> decode_exchange(ByteView value);
Result<QueueDefinition> decode_queue(ByteView value);
Result<BindingDefinition> decode_binding(ByteView value);
Result<CursorDefinition> decode_cursor(ByteView value);
Result<PublisherDefinition> decode_publisher(ByteView value);

}  // namespace varve
