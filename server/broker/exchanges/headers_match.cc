#include "server/broker/exchanges/headers_match.h"

#include "server/broker/argument_check.h"

namespace varve {

using amqp::FieldTable;
using amqp::FieldValue;

Result<HeadersMatch> HeadersMatch::parse(ByteView arguments) {
    VARVE_TRY(const FieldTable table, FieldTable::decode(arguments));
    HeadersMatch match;
    bool with_x = false;
    if (const FieldValue* mode = table.find("x-match")) {
        const auto text = mode->as_string();
        if (!text) {
            return Error{ErrorCode::precondition,
                         "Invalid x-match field type " + std::string(type_name(*mode)) +
                             " (value " + value_text(*mode) + "); expected longstr"};
        }
        match.all_ = *text == "all" || *text == "all-with-x";
        with_x = *text == "all-with-x" || *text == "any-with-x";
        if (!match.all_ && !with_x && *text != "any") {
            return Error{ErrorCode::precondition,
                         "Invalid x-match field value <<\"" + std::string(*text) +
                             "\">>; expected all, any, all-with-x, or any-with-x"};
        }
    }
    for (const auto& [name, value] : table.entries()) {
        if (name == "x-match" || (!with_x && name.starts_with("x-"))) continue;
        Wanted wanted{.name = name, .value = value, .encoded = {}};
        value.encode_to(wanted.encoded);
        match.wanted_.push_back(std::move(wanted));
    }
    return match;
}

bool HeadersMatch::equal(const Wanted& wanted, const amqp::EncodedField& field) {
    if (std::holds_alternative<std::monostate>(wanted.value.value)) return true;
    const bool same_bytes =
        wanted.encoded.front() == field.code && wanted.encoded.ends_with(field.value);
    const bool has_length =
        field.code == 'S' || field.code == 'x' || field.code == 'F' || field.code == 'A';
    if (same_bytes && wanted.encoded.size() == field.value.size() + (has_length ? 5 : 1))
        return true;
    // Other widths of the same number, or tables in another order.
    const auto value = FieldValue::decode(field);
    return value && *value == wanted.value;
}

bool HeadersMatch::matches(ByteView headers) const {
    for (const Wanted& wanted : wanted_) {
        const auto field = amqp::find_field(headers, wanted.name);
        const bool found = field && equal(wanted, *field);
        if (found != all_) return found;
    }
    return all_;
}

}  // namespace varve
