#include "server/message/field_table.h"

#include "server/message/argument_reader.h"
#include "server/message/argument_writer.h"

#include <algorithm>
#include <bit>

namespace varve::amqp {

namespace {

// Decodes what validate_table() has accepted: depth and count are bounded, and every value is as
// long as its type.
FieldValue decode_valid(const EncodedField& field);

FieldArray decode_valid_array(ByteView array) {
    FieldArray values;
    for (FieldReader reader(array, FieldReader::Kind::array); !reader.at_end();) {
        values.push_back(decode_valid(must(reader.next())));
    }
    return values;
}

std::vector<FieldEntry> decode_valid_entries(ByteView table) {
    std::vector<FieldEntry> entries;
    for (FieldReader reader(table, FieldReader::Kind::table); !reader.at_end();) {
        const EncodedField field = must(reader.next());
        entries.push_back({std::string(field.name), decode_valid(field)});
    }
    return entries;
}

int64_t decode_integer(char code, ArgumentReader& in) {
    switch (code) {
        case 'b':
            return static_cast<int8_t>(in.octet());
        case 'B':
            return in.octet();
        case 's':
            return static_cast<int16_t>(in.short_integer());
        case 'u':
            return in.short_integer();
        case 'I':
            return static_cast<int32_t>(in.long_integer());
        case 'i':
            return in.long_integer();
        default:
            return static_cast<int64_t>(in.long_long_integer());
    }
}

FieldValue decode_valid(const EncodedField& field) {
    ArgumentReader in(field.value);
    switch (field.code) {
        case 't':
            return {in.octet() != 0};
        case 'f':
            return {FieldFloat{std::bit_cast<float>(in.long_integer()), 'f'}};
        case 'd':
            return {FieldFloat{std::bit_cast<double>(in.long_long_integer()), 'd'}};
        case 'D': {
            const uint8_t scale = in.octet();
            return {FieldDecimal{scale, in.long_integer()}};
        }
        case 'T':
            return {FieldTimestamp{in.long_long_integer()}};
        case 'S':
            return {std::string(field.value)};
        case 'x':
            return {FieldBytes{std::string(field.value)}};
        case 'A':
            return {decode_valid_array(field.value)};
        case 'F':
            return {FieldTable(decode_valid_entries(field.value))};
        case 'V':
            return {};
        default:
            return {FieldInteger{decode_integer(field.code, in), field.code}};
    }
}

// Sizes of nested content are known afterwards: the length is filled in then.
template <typename Encode>
void encode_sized(std::string& out, const Encode& encode) {
    const size_t start = out.size();
    out.append(4, '\0');
    encode();
    store_be(out.data() + start, static_cast<uint32_t>(out.size() - start - 4));
}

struct ValueEncoder {
    std::string& out;
    ArgumentWriter to{out};

    void operator()(std::monostate /*nothing*/) { to.octet('V'); }
    void operator()(bool value) {
        to.octet('t');
        to.octet(value ? 1 : 0);
    }
    void operator()(FieldInteger integer) {
        to.octet(static_cast<uint8_t>(integer.code));
        switch (integer.code) {
            case 'b':
            case 'B':
                return to.octet(static_cast<uint8_t>(integer.value));
            case 's':
            case 'u':
                return to.short_integer(static_cast<uint16_t>(integer.value));
            case 'I':
            case 'i':
                return to.long_integer(static_cast<uint32_t>(integer.value));
            default:
                return to.long_long_integer(static_cast<uint64_t>(integer.value));
        }
    }
    void operator()(FieldFloat number) {
        to.octet(static_cast<uint8_t>(number.code));
        if (number.code == 'f')
            return to.long_integer(std::bit_cast<uint32_t>(static_cast<float>(number.value)));
        to.long_long_integer(std::bit_cast<uint64_t>(number.value));
    }
    void operator()(const FieldDecimal& decimal) {
        to.octet('D');
        to.octet(decimal.scale);
        to.long_integer(decimal.value);
    }
    void operator()(const FieldTimestamp& time) {
        to.octet('T');
        to.long_long_integer(time.seconds);
    }
    void operator()(const std::string& text) {
        to.octet('S');
        to.long_string(text);
    }
    void operator()(const FieldBytes& bytes) {
        to.octet('x');
        to.long_string(bytes.bytes);
    }
    void operator()(const FieldArray& array) {
        to.octet('A');
        encode_sized(out, [&] {
            for (const FieldValue& value : array) value.encode_to(out);
        });
    }
    void operator()(const FieldTable& table) {
        to.octet('F');
        encode_sized(out, [&] { table.encode_to(out); });
    }
};

}  // namespace

FieldTable::FieldTable() = default;
FieldTable::FieldTable(const FieldTable& other) = default;
FieldTable::FieldTable(FieldTable&& other) noexcept = default;
FieldTable& FieldTable::operator=(const FieldTable& other) = default;
FieldTable& FieldTable::operator=(FieldTable&& other) noexcept = default;
FieldTable::~FieldTable() = default;

FieldTable::FieldTable(std::initializer_list<FieldEntry> entries) : entries_(entries) {}

FieldTable::FieldTable(std::vector<FieldEntry> entries) : entries_(std::move(entries)) {}

Result<FieldTable> FieldTable::decode(ByteView table) {
    VARVE_TRY(validate_table(table));
    return FieldTable(decode_valid_entries(table));
}

void FieldTable::encode_to(std::string& out) const {
    ArgumentWriter to(out);
    for (const auto& [name, value] : entries_) {
        to.short_string(name);
        value.encode_to(out);
    }
}

std::string FieldTable::encode() const {
    std::string out;
    encode_to(out);
    return out;
}

const FieldValue* FieldTable::find(std::string_view name) const {
    const auto found = std::ranges::find(entries_, name, &FieldEntry::name);
    return found == entries_.end() ? nullptr : &found->value;
}

std::optional<int64_t> FieldTable::integer(std::string_view name) const {
    const FieldValue* value = find(name);
    return value ? value->as_integer() : std::nullopt;
}

std::optional<std::string_view> FieldTable::string(std::string_view name) const {
    const FieldValue* value = find(name);
    return value ? value->as_string() : std::nullopt;
}

std::optional<bool> FieldTable::boolean(std::string_view name) const {
    const FieldValue* value = find(name);
    return value ? value->as_boolean() : std::nullopt;
}

void FieldTable::set(std::string_view name, FieldValue value) {
    const auto found = std::ranges::find(entries_, name, &FieldEntry::name);
    if (found == entries_.end()) {
        entries_.push_back({std::string(name), std::move(value)});
    } else {
        found->value = std::move(value);
    }
}

void FieldTable::remove(std::string_view name) {
    std::erase_if(entries_, [name](const FieldEntry& entry) { return entry.name == name; });
}

bool FieldTable::empty() const { return entries_.empty(); }

bool operator==(const FieldTable& a, const FieldTable& b) {
    if (a.entries_.size() != b.entries_.size()) return false;
    // Sorted, so that a large hostile table costs n log n; stable, so that a name's own order
    // counts.
    const auto sorted = [](const FieldTable& table) {
        std::vector<const FieldEntry*> entries;
        entries.reserve(table.entries_.size());
        for (const FieldEntry& entry : table.entries_) entries.push_back(&entry);
        std::ranges::stable_sort(
            entries, {}, [](const FieldEntry* entry) -> const std::string& { return entry->name; });
        return entries;
    };
    return std::ranges::equal(
        sorted(a), sorted(b), [](const auto* left, const auto* right) { return *left == *right; });
}

Result<FieldValue> FieldValue::decode(const EncodedField& field) {
    VARVE_TRY(validate_field(field));
    return decode_valid(field);
}

void FieldValue::encode_to(std::string& out) const { std::visit(ValueEncoder{out}, value); }

std::optional<int64_t> FieldValue::as_integer() const {
    const auto* integer = std::get_if<FieldInteger>(&value);
    return integer ? std::optional(integer->value) : std::nullopt;
}

std::optional<std::string_view> FieldValue::as_string() const {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* bytes = std::get_if<FieldBytes>(&value)) return bytes->bytes;
    return std::nullopt;
}

std::optional<bool> FieldValue::as_boolean() const {
    const auto* flag = std::get_if<bool>(&value);
    return flag ? std::optional(*flag) : std::nullopt;
}

}  // namespace varve::amqp
