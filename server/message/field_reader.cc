#include "server/message/field_reader.h"

#include "server/message/argument_reader.h"

namespace varve::amqp {

namespace {

Error malformed(std::string detail) {
    return {ErrorCode::invalid_argument, "field table: " + std::move(detail)};
}

// Bytes of a value of a fixed size; nullopt for the types that carry their length.
std::optional<size_t> fixed_size(char code) {
    switch (code) {
        case 'V':
            return 0;
        case 't':
        case 'b':
        case 'B':
            return 1;
        case 's':
        case 'u':
            return 2;
        case 'I':
        case 'i':
        case 'f':
            return 4;
        case 'D':
            return 5;
        case 'L':
        case 'l':
        case 'd':
        case 'T':
            return 8;
        default:
            return std::nullopt;
    }
}

bool has_length(char code) { return code == 'S' || code == 'x' || code == 'F' || code == 'A'; }

Result<void> validate_fields(FieldReader reader, int depth, size_t& count);

Result<void> validate_nested(const EncodedField& field, int depth, size_t& count) {
    if (field.code == 'F')
        return validate_fields(FieldReader(field.value, FieldReader::Kind::table), depth, count);
    if (field.code == 'A')
        return validate_fields(FieldReader(field.value, FieldReader::Kind::array), depth, count);
    return ok();
}

Result<void> validate_fields(FieldReader reader, int depth, size_t& count) {
    if (depth > kFieldDepthMax)
        return malformed("nested deeper than " + std::to_string(kFieldDepthMax));
    while (!reader.at_end()) {
        VARVE_TRY(const EncodedField field, reader.next());
        if (++count > kFieldCountMax)
            return malformed("more than " + std::to_string(kFieldCountMax) + " values");
        VARVE_TRY(validate_nested(field, depth + 1, count));
    }
    return ok();
}

}  // namespace

Result<EncodedField> FieldReader::next() {
    ArgumentReader in(rest_);
    EncodedField field;
    if (kind_ == Kind::table) field.name = in.short_string();
    field.code = static_cast<char>(in.octet());
    if (!in.ok()) return malformed("cut short");
    if (const auto size = fixed_size(field.code)) {
        field.value = in.bytes(*size);
    } else if (has_length(field.code)) {
        field.value = in.long_string();
    } else {
        return malformed("unknown type " + std::to_string(static_cast<unsigned char>(field.code)));
    }
    if (!in.ok()) return malformed("cut short");
    rest_.remove_prefix(rest_.size() - in.remaining());
    return field;
}

Result<void> validate_table(ByteView table) {
    if (table.size() > kFieldTableSizeMax)
        return malformed(std::to_string(table.size()) + " bytes are too many");
    size_t count = 0;
    return validate_fields(FieldReader(table, FieldReader::Kind::table), 1, count);
}

Result<void> validate_field(const EncodedField& field) {
    size_t count = 0;
    return validate_nested(field, 1, count);
}

std::optional<EncodedField> find_field(ByteView table, std::string_view name) {
    FieldReader reader(table, FieldReader::Kind::table);
    while (!reader.at_end()) {
        auto field = reader.next();
        if (!field) return std::nullopt;
        if (field->name == name) return *field;
    }
    return std::nullopt;
}

}  // namespace varve::amqp
