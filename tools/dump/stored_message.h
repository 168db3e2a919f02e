// One message as it stands in a log, taken apart for showing.
#pragma once

#include "engine/record_batch.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"
#include "tools/dump/celery_task.h"
#include "tools/dump/message_state.h"
#include "tools/dump/named_log.h"

#include <optional>

namespace varve {

// Borrows the log's name and the record, which outlive it.
struct StoredMessage {
    const NamedLog& source;
    Offset offset;
    RecordView record;
    MessageState state = MessageState::ready;
    uint32_t returns = 0;  // how often it came back from consumers
    // None if the stored property list does not hold together: whoever wrote it was no broker.
    std::optional<amqp::Properties> properties;
    amqp::FieldTable headers;
    std::optional<CeleryTask> task;
    std::optional<TimePoint> due;  // of a message that waits in a delayed exchange
};

// Fills in the last four from the record.
void take_apart(StoredMessage& message);

// What the body is, for showing it. JSON where it reads as JSON and the content type says so, or it
// is an object or an array.
enum class PayloadKind : uint8_t { json, text, bytes };
struct Payload {
    PayloadKind kind = PayloadKind::bytes;
    std::string text;  // compact JSON, or the text; empty for bytes
};
Payload payload_of(const StoredMessage& message);

}  // namespace varve
