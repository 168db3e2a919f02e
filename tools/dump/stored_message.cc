#include "tools/dump/stored_message.h"

#include "tools/text/bytes_text.h"
#include "tools/text/json_text.h"

#include <algorithm>

namespace varve {

namespace {
// Ten years: the broker cuts off what is more.
constexpr int64_t kDelayMaxMs = 315'360'000'000;
}  // namespace

void take_apart(StoredMessage& message) {
    auto properties = amqp::Properties::parse(message.record.properties);
    if (!properties) return;
    message.properties = *properties;
    if (auto headers = amqp::FieldTable::decode(properties->headers()))
        message.headers = std::move(*headers);
    message.task = celery_task_of(message.headers, message.record.body);
    if (message.source.delays()) {
        // A record keeps the time of its publish in every stage of its wait.
        const int64_t delay =
            std::clamp<int64_t>(message.headers.integer("x-delay").value_or(0), 0, kDelayMaxMs);
        message.due = message.record.appended + std::chrono::milliseconds(delay);
    }
}

Payload payload_of(const StoredMessage& message) {
    const ByteView body = message.record.body;
    const auto type =
        message.properties ? message.properties->text(amqp::Property::content_type) : std::nullopt;
    const bool says_json = type && type->find("json") != ByteView::npos;
    const size_t begin = body.find_first_not_of(" \t\r\n");
    const bool looks_json = begin != ByteView::npos && (body[begin] == '{' || body[begin] == '[');
    if (says_json || looks_json) {
        if (auto json = compact_json(body)) return {PayloadKind::json, std::move(*json)};
    }
    if (is_utf8(body)) return {PayloadKind::text, std::string(body)};
    return {};
}

}  // namespace varve
