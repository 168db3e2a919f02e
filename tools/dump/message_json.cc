#include "tools/dump/message_json.h"

#include "tools/dump/field_json.h"
#include "tools/text/bytes_text.h"
#include "tools/text/time_text.h"

namespace varve {
namespace {

struct TextProperty {
    amqp::Property property;
    std::string_view name;
};
constexpr TextProperty kTextProperties[] = {
    {amqp::Property::content_type, "content_type"},
    {amqp::Property::content_encoding, "content_encoding"},
    {amqp::Property::correlation_id, "correlation_id"},
    {amqp::Property::reply_to, "reply_to"},
    {amqp::Property::expiration, "expiration"},
    {amqp::Property::message_id, "message_id"},
    {amqp::Property::type, "type"},
    {amqp::Property::user_id, "user_id"},
    {amqp::Property::app_id, "app_id"},
    {amqp::Property::cluster_id, "cluster_id"},
};

void write_properties(JsonWriter& json, const amqp::Properties& properties) {
    json.key("properties").begin_object();
    for (const auto& [property, name] : kTextProperties) {
        if (const auto text = properties.text(property)) json.field(name, *text);
    }
    if (const auto mode = properties.delivery_mode()) json.field("delivery_mode", int64_t{*mode});
    if (const auto priority = properties.priority()) json.field("priority", int64_t{*priority});
    if (const auto time = properties.timestamp()) json.field("timestamp", timestamp_text(*time));
    json.end_object();
}

void write_optional(JsonWriter& json,
                    std::string_view name,
                    const std::optional<std::string>& text) {
    json.key(name);
    if (text)
        json.string(*text);
    else
        json.null();
}

void write_task(JsonWriter& json, const CeleryTask& task) {
    json.key("celery").begin_object();
    json.field("task", task.name).field("id", task.id);
    json.field("args", task.args).field("kwargs", task.kwargs).field("retries", task.retries);
    write_optional(json, "eta", task.eta);
    write_optional(json, "expires", task.expires);
    write_optional(json, "root_id", task.root_id);
    write_optional(json, "parent_id", task.parent_id);
    write_optional(json, "group", task.group);
    write_optional(json, "origin", task.origin);
    write_optional(json, "hard_time_limit", task.hard_time_limit);
    write_optional(json, "soft_time_limit", task.soft_time_limit);
    json.end_object();
}

void write_payload(JsonWriter& json, const StoredMessage& message) {
    const Payload payload = payload_of(message);
    switch (payload.kind) {
        case PayloadKind::json:
            json.field("payload_type", "json").key("payload").raw(payload.text);
            return;
        case PayloadKind::text:
            json.field("payload_type", "text").field("payload", payload.text);
            return;
        case PayloadKind::bytes:
            json.field("payload_type", "bytes").field("payload_b64", base64(message.record.body));
    }
}

}  // namespace

std::string json_line(const StoredMessage& message) {
    std::string line;
    JsonWriter json(line);
    json.begin_object().field("v", kMessageJsonVersion);
    write_source(json, message.source);
    json.field("offset", message.offset.value).field("ts", utc_text(message.record.appended));
    json.field("state", to_string(message.state)).field("returns", uint64_t{message.returns});
    json.field("exchange", message.record.exchange);
    json.field("routing_key", message.record.routing_key);
    json.field("size", uint64_t{message.record.body.size()});
    if (message.due)
        json.field("due", utc_text(*message.due));  // `expires` ends a stage of the wait
    else if (message.record.expires)
        json.field("expires", utc_text(*message.record.expires));
    if (message.properties) {
        write_properties(json, *message.properties);
        json.key("headers");
        write_json(json, message.headers);
    } else {
        json.field("properties_b64", base64(message.record.properties));
    }
    if (message.task) write_task(json, *message.task);
    write_payload(json, message);
    json.end_object();
    return line + '\n';
}

}  // namespace varve
