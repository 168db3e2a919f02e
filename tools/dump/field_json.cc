#include "tools/dump/field_json.h"

#include "tools/text/bytes_text.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

struct ValueWriter {
    JsonWriter& json;

    void operator()(std::monostate) const { json.null(); }
    void operator()(bool value) const { json.boolean(value); }
    void operator()(const amqp::FieldInteger& value) const { json.integer(value.value); }
    void operator()(const amqp::FieldFloat& value) const { json.number(value.value); }
    void operator()(const amqp::FieldDecimal& value) const {
        std::string digits = std::to_string(value.value);
        if (value.scale > 0) {
            if (digits.size() <= value.scale)
                digits.insert(0, value.scale + 1 - digits.size(), '0');
            digits.insert(digits.size() - value.scale, 1, '.');
        }
        json.string(digits);
    }
    void operator()(const amqp::FieldTimestamp& value) const {
        json.string(timestamp_text(value.seconds));
    }
    void operator()(const std::string& value) const {
        if (is_utf8(value))
            json.string(value);
        else
            bytes(value);
    }
    void operator()(const amqp::FieldBytes& value) const { bytes(value.bytes); }
    void operator()(const amqp::FieldArray& values) const {
        json.begin_array();
        for (const amqp::FieldValue& value : values) write_json(json, value);
        json.end_array();
    }
    void operator()(const amqp::FieldTable& table) const { write_json(json, table); }

private:
    void bytes(ByteView value) const {
        json.begin_object().field("b64", base64(value)).end_object();
    }
};

}  // namespace

void write_json(JsonWriter& json, const amqp::FieldTable& table) {
    json.begin_object();
    for (const amqp::FieldEntry& entry : table.entries()) {
        json.key(entry.name);
        write_json(json, entry.value);
    }
    json.end_object();
}

void write_json(JsonWriter& json, const amqp::FieldValue& value) {
    std::visit(ValueWriter{json}, value.value);
}

}  // namespace varve
