#include "tools/dump/entry_text.h"

#include "server/broker/definitions.h"
#include "tools/text/bytes_text.h"
#include "tools/text/size_text.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

// One fact of an entry, such as {"offsets", "5..9"}.
struct Fact {
    std::string name;
    std::string value;
};

struct Described {
    std::string_view type;
    std::vector<Fact> facts;
};

std::string text_of(OffsetRange range) {
    return fmt::format("{}..{}", range.begin.value, range.end.value);
}

Fact retention_of(const RetentionPolicy& policy) {
    return {"retention", fmt::format("{}, {}", size_text(policy.bytes), duration_text(policy.age))};
}

Fact cursor_of(CursorId cursor) { return {"cursor", std::to_string(cursor.value)}; }

std::string_view kind_name(uint8_t kind) {
    switch (static_cast<DefinitionKind>(kind)) {
        case DefinitionKind::vhost:
            return "vhost";
        case DefinitionKind::exchange:
            return "exchange";
        case DefinitionKind::queue:
            return "queue";
        case DefinitionKind::binding:
            return "binding";
        case DefinitionKind::cursor:
            return "cursor";
        case DefinitionKind::publisher:
            return "publisher";
    }
    return "";
}

// What the definition is about, as far as it can be read.
std::string subject_of(uint8_t kind, ByteView value) {
    switch (static_cast<DefinitionKind>(kind)) {
        case DefinitionKind::vhost:
            return decode_vhost(value).value_or("");
        case DefinitionKind::exchange:
            if (const auto exchange = decode_exchange(value)) return exchange->declaration.name;
            return "";
        case DefinitionKind::queue:
            if (const auto queue = decode_queue(value)) return queue->declaration.name;
            return "";
        case DefinitionKind::binding:
            if (const auto binding = decode_binding(value)) {
                return fmt::format("{} -> {} {}",
                                   binding->declaration.source,
                                   binding->declaration.destination,
                                   binding->declaration.routing_key);
            }
            return "";
        case DefinitionKind::cursor:
            if (const auto cursor = decode_cursor(value)) return cursor->name;
            return "";
        case DefinitionKind::publisher:
            if (const auto publisher = decode_publisher(value))
                return fmt::format("{} at {}", publisher->name, publisher->id);
            return "";
    }
    return "";
}

std::string kind_text(uint8_t kind) {
    const std::string_view name = kind_name(kind);
    return name.empty() ? std::to_string(kind) : std::string(name);
}

struct Describe {
    Described operator()(const AppendEntry& entry) const {
        auto batch = RecordBatch::decode(std::string(entry.batch));
        if (!batch) return {"append", {{"damaged", batch.error().detail}}};
        return {"append",
                {{"offsets", text_of((*batch)->range())}, {"size", size_text((*batch)->size())}}};
    }
    Described operator()(const SettleEntry& entry) const {
        std::string ranges;
        for (size_t i = 0; i < entry.ranges.count(); ++i)
            ranges.append(i == 0 ? "" : ",").append(text_of(entry.ranges[i]));
        Described described{
            "settle", {{"outcome", std::string(to_string(entry.outcome))}, {"offsets", ranges}}};
        if (entry.cursor != kQueueCursor) described.facts.push_back(cursor_of(entry.cursor));
        return described;
    }
    Described operator()(const DeliveredEntry& entry) const {
        return {"delivered", {{"below", std::to_string(entry.below.value)}}};
    }
    Described operator()(const ReturnedEntry& entry) const {
        return {"returned",
                {{"offset", std::to_string(entry.offset.value)},
                 {"count", std::to_string(entry.count)}}};
    }
    Described operator()(const HoleEntry& entry) const {
        return {"hole", {{"offsets", text_of(entry.range)}}};
    }
    Described operator()(const TrimEntry& entry) const {
        return {"trim", {{"start", std::to_string(entry.start.value)}}};
    }
    Described operator()(const PurgeEntry& entry) const {
        return {"purge", {{"offsets", text_of(entry.range)}}};
    }
    Described operator()(const LogCreateEntry& entry) const {
        return {"log_create", {retention_of(entry.retention)}};
    }
    Described operator()(const LogRetentionEntry& entry) const {
        return {"log_retention", {retention_of(entry.retention)}};
    }
    Described operator()(const LogDeleteEntry& /*entry*/) const { return {"log_delete", {}}; }
    Described operator()(const CursorCreateEntry& entry) const {
        return {"cursor_create",
                {cursor_of(entry.cursor), {"floor", std::to_string(entry.floor.value)}}};
    }
    Described operator()(const CursorDeleteEntry& entry) const {
        return {"cursor_delete", {cursor_of(entry.cursor)}};
    }
    Described operator()(const PutEntry& entry) const {
        return {"put",
                {{"kind", kind_text(entry.kind)},
                 {"name", subject_of(entry.kind, entry.value)},
                 {"size", size_text(entry.value.size())}}};
    }
    Described operator()(const EraseEntry& entry) const {
        return {"erase", {{"kind", kind_text(entry.kind)}, {"id", std::string(entry.id)}}};
    }
    Described operator()(const BootEntry& entry) const {
        return {"boot",
                {{"event", entry.event == BootEntry::Event::started ? "started" : "stopped"}}};
    }
};

}  // namespace

std::string entry_text(const Entry& entry, const DirectoryView& view) {
    const Described described = std::visit(Describe{}, entry);
    std::string text(described.type);
    if (const LogId* const log = log_of(entry)) {
        const NamedLog* const named = view.find(*log);
        text += ' ' + one_line(named == nullptr ? "log:" + log->hex() : named->title());
    }
    for (const Fact& fact : described.facts) {
        if (!fact.value.empty()) text += fmt::format("  {}={}", fact.name, one_line(fact.value));
    }
    return text;
}

void write_json(JsonWriter& json, const Entry& entry, const DirectoryView& view) {
    const Described described = std::visit(Describe{}, entry);
    json.begin_object().field("type", described.type);
    if (const LogId* const log = log_of(entry)) {
        json.field("log", log->hex());
        const NamedLog* const named = view.find(*log);
        if (named != nullptr && !named->queue.empty()) json.field("queue", named->title());
    }
    for (const Fact& fact : described.facts) json.field(fact.name, fact.value);
    json.end_object();
}

}  // namespace varve
