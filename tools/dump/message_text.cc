#include "tools/dump/message_text.h"

#include "tools/dump/field_json.h"
#include "tools/text/bytes_text.h"
#include "tools/text/json_text.h"
#include "tools/text/size_text.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

Colour colour_of(MessageState state) {
    switch (state) {
        case MessageState::ready:
        case MessageState::kept:
            return Colour::plain;
        case MessageState::delivered:
            return Colour::yellow;
        case MessageState::acked:
            return Colour::green;
        case MessageState::rejected:
        case MessageState::expired:
        case MessageState::dropped:
            return Colour::red;
        case MessageState::purged:
        case MessageState::moved:
            return Colour::dim;
    }
    return Colour::plain;
}

std::string state_text(const StoredMessage& message) {
    std::string text(to_string(message.state));
    if (message.returns > 0) text += fmt::format(" {}x", message.returns);
    return text;
}

// The call of a task, or else the body.
std::string content_of(const StoredMessage& message) {
    if (!message.task) {
        const Payload payload = payload_of(message);
        if (payload.kind == PayloadKind::bytes) return one_line(message.record.body);
        return one_line(payload.text);
    }
    std::string text = call_text(*message.task) + " id=" + message.task->id;
    if (message.task->retries > 0) text += fmt::format(" retries={}", message.task->retries);
    if (message.task->eta) text += " eta=" + *message.task->eta;
    return one_line(text);
}

std::string summary_of(const StoredMessage& message) {
    return (message.due ? "due=" + local_text(*message.due) + " " : "") + content_of(message);
}

// "  name     value" lines.
class Details {
public:
    explicit Details(const Style& style) : style_(style) {}

    void add(std::string_view name, std::string_view value) {
        text_ += "  " + style_.paint(fmt::format("{:<12}", name), Colour::dim) + "  " +
                 one_line(value) + '\n';
    }
    void add_if(std::string_view name, const std::optional<std::string>& value) {
        if (value) add(name, *value);
    }
    void add_body(std::string_view value) {
        text_ += "  " + style_.paint("body", Colour::dim) + '\n';
        while (!value.empty()) {
            const size_t end = std::min(value.find('\n'), value.size());
            text_ += "    " + many_lines(value.substr(0, end)) + '\n';
            value.remove_prefix(std::min(end + 1, value.size()));
        }
    }
    std::string take() { return std::move(text_); }

private:
    const Style& style_;
    std::string text_;
};

void add_properties(Details& details, const StoredMessage& message) {
    if (!message.properties) {
        details.add("properties", "do not hold together");
        return;
    }
    const amqp::Properties& properties = *message.properties;
    const auto text = [&](std::string_view name, amqp::Property property) {
        if (const auto value = properties.text(property)) details.add(name, *value);
    };
    text("content", amqp::Property::content_type);
    text("encoding", amqp::Property::content_encoding);
    if (properties.persistent()) details.add("mode", "persistent");
    if (const auto priority = properties.priority())
        details.add("priority", std::to_string(*priority));
    text("correlation", amqp::Property::correlation_id);
    text("reply to", amqp::Property::reply_to);
    text("expiration", amqp::Property::expiration);
    text("message id", amqp::Property::message_id);
    if (const auto time = properties.timestamp()) details.add("timestamp", timestamp_text(*time));
    text("type", amqp::Property::type);
    text("user", amqp::Property::user_id);
    text("app", amqp::Property::app_id);
    text("cluster", amqp::Property::cluster_id);
    for (const amqp::FieldEntry& header : message.headers.entries()) {
        std::string json;
        JsonWriter writer(json);
        write_json(writer, header.value);
        details.add("header", header.name + " = " + json);
    }
}

void add_task(Details& details, const CeleryTask& task) {
    details.add("task", task.name);
    details.add("task id", task.id);
    details.add("args", task.args);
    details.add("kwargs", task.kwargs);
    details.add("retries", std::to_string(task.retries));
    details.add_if("eta", task.eta);
    details.add_if("task expires", task.expires);
    details.add_if("root", task.root_id);
    details.add_if("parent", task.parent_id);
    details.add_if("group", task.group);
    details.add_if("origin", task.origin);
    details.add_if("hard limit", task.hard_time_limit);
    details.add_if("soft limit", task.soft_time_limit);
}

}  // namespace

std::vector<Column> message_columns(QueueColumn queue) {
    std::vector<Column> columns = {
        {"OFFSET", Align::right},
        {"TIME", Align::left},
        {"STATE", Align::left, to_string(MessageState::delivered).size()},
        {"SIZE", Align::right, 8},
        {"KEY", Align::left},
        {"MESSAGE", Align::left}};
    if (queue == QueueColumn::shown) columns.insert(columns.begin(), {"QUEUE", Align::left});
    return columns;
}

Row message_row(const StoredMessage& message, QueueColumn queue) {
    Row row = {{std::to_string(message.offset.value)},
               {column_text(message.record.appended), Colour::dim},
               {state_text(message), colour_of(message.state)},
               {size_text(message.record.body.size())},
               {one_line(message.record.routing_key)},
               {summary_of(message)}};
    if (queue == QueueColumn::shown) row.insert(row.begin(), {one_line(message.source.title())});
    return row;
}

std::string message_details(const StoredMessage& message, const Style& style) {
    const std::string title =
        one_line(message.source.title()) + "  " + std::to_string(message.offset.value);
    std::string text = style.paint(title, Colour::bold) + "  " +
                       style.paint(state_text(message), colour_of(message.state)) + "  " +
                       local_text(message.record.appended) + "  " +
                       size_text(message.record.body.size()) + '\n';
    Details details(style);
    if (!message.source.queue.empty()) details.add("vhost", message.source.vhost);
    details.add("exchange",
                message.record.exchange.empty() ? "(default)" : message.record.exchange);
    details.add("routing key", message.record.routing_key);
    if (message.due)
        details.add("due", local_text(*message.due));  // `expires` ends a stage of the wait
    else if (message.record.expires)
        details.add("expires", local_text(*message.record.expires));
    if (message.task) add_task(details, *message.task);
    add_properties(details, message);
    const Payload payload = payload_of(message);
    details.add_body(payload.kind == PayloadKind::bytes ? one_line(message.record.body)
                                                        : payload.text);
    return text + details.take() + '\n';
}

}  // namespace varve
