#include "server/http/json_fields.h"

namespace varve {

using amqp::FieldArray;
using amqp::FieldBytes;
using amqp::FieldDecimal;
using amqp::FieldEntry;
using amqp::FieldFloat;
using amqp::FieldInteger;
using amqp::FieldTable;
using amqp::FieldTimestamp;
using amqp::FieldValue;

namespace {

// A name in a table is a short string.
constexpr size_t kNameMax = 255;

// The length of the well-formed character that `bytes` begin with; 0 if they do not.
size_t character_size(std::string_view bytes) {
    const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || bytes.size() < size) return 0;
    for (size_t i = 1; i < size; ++i) {
        if ((at(i) & 0xC0) != 0x80) return 0;
    }
    // Overlong, surrogates, beyond U+10FFFF: told by the second byte.
    if (first == 0xE0 && at(1) < 0xA0) return 0;
    if (first == 0xED && at(1) > 0x9F) return 0;
    if (first == 0xF0 && at(1) < 0x90) return 0;
    if (first == 0xF4 && at(1) > 0x8F) return 0;
    return size;
}

struct ToJson {
    boost::json::value operator()(std::monostate) const { return nullptr; }
    boost::json::value operator()(bool flag) const { return flag; }
    boost::json::value operator()(FieldInteger integer) const { return integer.value; }
    boost::json::value operator()(FieldFloat number) const { return number.value; }
    boost::json::value operator()(const FieldDecimal& decimal) const {
        double value = decimal.value;
        for (uint8_t i = 0; i < decimal.scale; ++i) value /= 10;
        return value;
    }
    boost::json::value operator()(FieldTimestamp time) const { return time.seconds; }
    boost::json::value operator()(const std::string& text) const {
        return boost::json::string(utf8_text(text));
    }
    boost::json::value operator()(const FieldBytes& bytes) const {
        return boost::json::string(utf8_text(bytes.bytes));
    }
    boost::json::value operator()(const FieldArray& array) const {
        boost::json::array out;
        for (const FieldValue& value : array) out.push_back(json_of(value));
        return out;
    }
    boost::json::value operator()(const FieldTable& table) const { return json_of(table); }
};

Result<FieldValue> field_of(const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            return FieldValue{};
        case boost::json::kind::bool_:
            return FieldValue::boolean(value.get_bool());
        case boost::json::kind::int64:
            return FieldValue::integer(value.get_int64());
        case boost::json::kind::uint64:
            return Error{ErrorCode::invalid_argument, "a number is too large"};
        case boost::json::kind::double_:
            return FieldValue{FieldFloat{value.get_double()}};
        case boost::json::kind::string:
            return FieldValue::string(
                std::string_view(value.get_string().data(), value.get_string().size()));
        case boost::json::kind::object: {
            VARVE_TRY(FieldTable table, fields_of(value.get_object()));
            return FieldValue{std::move(table)};
        }
        case boost::json::kind::array:
            break;
    }
    FieldArray array;
    for (const boost::json::value& element : value.get_array()) {
        VARVE_TRY(FieldValue field, field_of(element));
        array.push_back(std::move(field));
    }
    return FieldValue{std::move(array)};
}

}  // namespace

std::string utf8_text(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const size_t size = character_size(bytes);
        if (size == 0)
            out += "\xEF\xBF\xBD";
        else
            out += bytes.substr(0, size);
        bytes.remove_prefix(std::max<size_t>(size, 1));
    }
    return out;
}

boost::json::value json_of(const FieldValue& value) { return std::visit(ToJson(), value.value); }

boost::json::object json_of(const FieldTable& table) {
    boost::json::object out;
    for (const FieldEntry& entry : table.entries())
        out.emplace(utf8_text(entry.name), json_of(entry.value));
    return out;
}

boost::json::object json_of_encoded(const std::string& table) {
    const auto decoded = FieldTable::decode(table);
    return decoded ? json_of(*decoded) : boost::json::object();
}

Result<FieldTable> fields_of(const boost::json::object& object) {
    FieldTable table;
    for (const auto& entry : object) {
        if (entry.key().size() > kNameMax)
            return Error{ErrorCode::invalid_argument, "a name has more than 255 bytes"};
        VARVE_TRY(FieldValue value, field_of(entry.value()));
        table.set(std::string_view(entry.key().data(), entry.key().size()), std::move(value));
    }
    return table;
}

}  // namespace varve
