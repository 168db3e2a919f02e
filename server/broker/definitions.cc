#include "server/broker/definitions.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace varve {

namespace {

constexpr uint8_t kVersion = 1;

ByteWriter begin(std::string& out) {
    ByteWriter writer(out);
    writer.u8(kVersion);
    return writer;
}

Result<ByteReader> open(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version > kVersion) {
        return Error{ErrorCode::newer_format, "definition of version " + std::to_string(version)};
    }
    return reader;
}

Result<std::string> text(ByteReader& reader) {
    VARVE_TRY(const ByteView bytes, reader.sized());
    return std::string(bytes);
}

Result<bool> flag(ByteReader& reader) {
    VARVE_TRY(const uint8_t value, reader.u8());
    return value != 0;
}

Result<Id128> id(ByteReader& reader) {
    VARVE_TRY(const ByteView bytes, reader.bytes(16));
    return Id128::from_view(bytes);
}

CatalogueKey key(DefinitionKind kind, std::string id) {
    return {static_cast<uint8_t>(kind), std::move(id)};
}

}  // namespace

CursorId cursor_id_of(std::string_view name) {
    const uint64_t hash = xxh3(name);
    return hash == kQueueCursor.value ? CursorId{1} : CursorId{hash};
}

CatalogueKey vhost_key(const std::string& name) { return key(DefinitionKind::vhost, name); }

CatalogueKey exchange_key(const std::string& vhost, const std::string& name) {
    std::string id;
    ByteWriter writer(id);
    writer.sized(vhost);
    writer.bytes(name);
    return key(DefinitionKind::exchange, std::move(id));
}

CatalogueKey queue_key(const QueueId& id) {
    return key(DefinitionKind::queue, std::string(id.view()));
}

CatalogueKey binding_key(const Id128& id) {
    return key(DefinitionKind::binding, std::string(id.view()));
}

CatalogueKey cursor_key(const CursorDefinition& cursor) {
    return key(DefinitionKind::cursor, std::string(cursor.queue.view()) + cursor.name);
}

CatalogueKey publisher_key(const QueueId& queue, const std::string& name) {
    return key(DefinitionKind::publisher, std::string(queue.view()) + name);
}

std::string encode_vhost(const std::string& name) {
    std::string out;
    begin(out).sized(name);
    return out;
}

std::string encode(const ExchangeDefinition& exchange) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(exchange.vhost);
    writer.sized(exchange.declaration.name);
    writer.sized(exchange.declaration.type);
    writer.u8(exchange.declaration.durable);
    writer.u8(exchange.declaration.auto_delete);
    writer.u8(exchange.declaration.internal);
    writer.sized(exchange.declaration.arguments);
    return out;
}

std::string encode(const QueueDefinition& queue) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(queue.vhost);
    writer.bytes(queue.id.view());
    writer.sized(queue.declaration.name);
    writer.u8(queue.declaration.durable);
    writer.u8(queue.declaration.exclusive);
    writer.u8(queue.declaration.auto_delete);
    writer.sized(queue.declaration.arguments);
    writer.u16_le(static_cast<uint16_t>(queue.logs.size()));
    for (const LogId& log : queue.logs) writer.bytes(log.view());
    return out;
}

std::string encode(const BindingDefinition& binding) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(binding.vhost);
    writer.bytes(binding.id.view());
    writer.sized(binding.declaration.source);
    writer.u8(static_cast<uint8_t>(binding.declaration.target));
    writer.sized(binding.declaration.destination);
    writer.sized(binding.declaration.routing_key);
    writer.sized(binding.declaration.arguments);
    return out;
}

std::string encode(const CursorDefinition& cursor) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.bytes(cursor.queue.view());
    writer.sized(cursor.name);
    return out;
}

std::string encode(const PublisherDefinition& publisher) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.bytes(publisher.queue.view());
    writer.sized(publisher.name);
    writer.i64_le(publisher.id);
    return out;
}

Result<std::string> decode_vhost(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    return text(reader);
}

Result<ExchangeDefinition> decode_exchange(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    ExchangeDefinition exchange;
    VARVE_TRY(exchange.vhost, text(reader));
    VARVE_TRY(exchange.declaration.name, text(reader));
    VARVE_TRY(exchange.declaration.type, text(reader));
    VARVE_TRY(exchange.declaration.durable, flag(reader));
    VARVE_TRY(exchange.declaration.auto_delete, flag(reader));
    VARVE_TRY(exchange.declaration.internal, flag(reader));
    VARVE_TRY(exchange.declaration.arguments, text(reader));
    return exchange;
}

Result<QueueDefinition> decode_queue(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    QueueDefinition queue;
    VARVE_TRY(queue.vhost, text(reader));
    VARVE_TRY(const Id128 queue_id, id(reader));
    queue.id = QueueId{queue_id};
    VARVE_TRY(queue.declaration.name, text(reader));
    VARVE_TRY(queue.declaration.durable, flag(reader));
    VARVE_TRY(queue.declaration.exclusive, flag(reader));
    VARVE_TRY(queue.declaration.auto_delete, flag(reader));
    VARVE_TRY(queue.declaration.arguments, text(reader));
    VARVE_TRY(const uint16_t count, reader.u16_le());
    for (uint16_t i = 0; i < count; ++i) {
        VARVE_TRY(const Id128 log, id(reader));
        queue.logs.push_back(LogId{log});
    }
    return queue;
}

Result<BindingDefinition> decode_binding(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    BindingDefinition binding;
    VARVE_TRY(binding.vhost, text(reader));
    VARVE_TRY(binding.id, id(reader));
    VARVE_TRY(binding.declaration.source, text(reader));
    VARVE_TRY(const uint8_t target, reader.u8());
    if (target > 1) return Error{ErrorCode::corrupt, "binding target " + std::to_string(target)};
    binding.declaration.target = static_cast<BindingDeclaration::Target>(target);
    VARVE_TRY(binding.declaration.destination, text(reader));
    VARVE_TRY(binding.declaration.routing_key, text(reader));
    VARVE_TRY(binding.declaration.arguments, text(reader));
    return binding;
}

Result<CursorDefinition> decode_cursor(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    CursorDefinition cursor;
    VARVE_TRY(const Id128 queue, id(reader));
    cursor.queue = QueueId{queue};
    VARVE_TRY(cursor.name, text(reader));
    return cursor;
}

Result<PublisherDefinition> decode_publisher(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    PublisherDefinition publisher;
    VARVE_TRY(const Id128 queue, id(reader));
    publisher.queue = QueueId{queue};
    VARVE_TRY(publisher.name, text(reader));
    VARVE_TRY(publisher.id, reader.i64_le());
    return publisher;
}

}  // namespace varve
