#include "server/broker/reader_filter.h"

#include "server/broker/message_facts.h"
#include "server/message/field_table.h"

#include <algorithm>

namespace varve {

namespace {

std::optional<std::vector<std::string>> values_in(ByteView arguments) {
    const auto field = amqp::find_field(arguments, "x-stream-filter");
    if (!field) return std::nullopt;
    const auto value = amqp::FieldValue::decode(*field);
    if (!value) return std::nullopt;
    if (const auto text = value->as_string()) return std::vector{std::string(*text)};
    const amqp::FieldArray* array = value->as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> values;
    for (const amqp::FieldValue& each : *array) {
        if (const auto text = each.as_string()) values.emplace_back(*text);
    }
    return values;
}

// Without decoding: this is asked for every message that is read.
std::optional<ByteView> value_of(ByteView properties) {
    const auto facts = read_facts(properties);
    if (!facts || facts->headers.empty()) return std::nullopt;
    const auto field = amqp::find_field(facts->headers, "x-stream-filter-value");
    if (!field || field->code != 'S') return std::nullopt;
    return field->value;
}

}  // namespace

bool ReaderFilter::wants(ByteView properties) const {
    if (is_off()) return true;
    const auto value = value_of(properties);
    if (!value) return match_unfiltered;
    return std::ranges::find(*values, *value) != values->end();
}

ReaderFilter parse_reader_filter(ByteView arguments) {
    ReaderFilter filter{.values = values_in(arguments)};
    const auto field = amqp::find_field(arguments, "x-stream-match-unfiltered");
    if (filter.is_off() || !field) return filter;
    const auto value = amqp::FieldValue::decode(*field);
    filter.match_unfiltered = value && value->as_boolean().value_or(false);
    return filter;
}

}  // namespace varve
