#include "server/broker/sender_routes.h"

#include "server/broker/argument_check.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"

namespace varve {

HeaderMarks find_marks(ByteView headers) {
    HeaderMarks marks;
    amqp::FieldReader reader(headers, amqp::FieldReader::Kind::table);
    while (!reader.at_end()) {
        const auto field = reader.next();
        if (!field) break;
        const std::string_view name = field->name;
        if (name == "CC" || name == "BCC") marks.sender_routes = true;
        if (name == "BCC") marks.hidden_routes = true;
        if (name == "x-death") marks.deaths = true;
        if (name == "x-delay") marks.delay = true;
        if (name == "x-stream-publishing-id") marks.publishing_id = true;
    }
    return marks;
}

Result<std::vector<std::string_view>> sender_keys(ByteView headers, std::string_view name) {
    std::vector<std::string_view> keys;
    const auto field = amqp::find_field(headers, name);
    if (!field) return keys;
    if (field->code != 'A') {
        VARVE_TRY(const amqp::FieldValue value, amqp::FieldValue::decode(*field));
        return Error{ErrorCode::precondition,
                     "invalid message: {unacceptable_type_in_header,\"" + std::string(name) +
                         "\"," + std::string(type_name(value)) + "}"};
    }
    amqp::FieldReader reader(field->value, amqp::FieldReader::Kind::array);
    while (!reader.at_end()) {
        VARVE_TRY(const amqp::EncodedField key, reader.next());
        if (key.code == 'S') keys.push_back(key.value);  // RabbitMQ, too, passes by what is no text
    }
    return keys;
}

Result<std::vector<std::string_view>> routing_keys(std::string_view own, ByteView headers) {
    std::vector<std::string_view> keys{own};
    for (const std::string_view header : {"CC", "BCC"}) {
        VARVE_TRY(const auto more, sender_keys(headers, header));
        keys.insert(keys.end(), more.begin(), more.end());
    }
    return keys;
}

std::string without_hidden_routes(ByteView properties) {
    const auto parsed = must(amqp::Properties::parse(properties));
    auto headers = must(amqp::FieldTable::decode(parsed.headers()));
    headers.remove("BCC");
    return amqp::PropertiesBuilder(parsed).headers(headers.encode()).encode();
}

}  // namespace varve
