// Field tables as JSON (docs/dump.md, Headers).
#pragma once

#include "server/message/field_table.h"
#include "tools/text/json_writer.h"

namespace varve {

// Text and numbers as they are, timestamps in RFC 3339, bytes that are no text as {"b64": "..."},
// decimals as text.
void write_json(JsonWriter& json, const amqp::FieldTable& table);
void write_json(JsonWriter& json, const amqp::FieldValue& value);

}  // namespace varve
