// Decoded AMQP field tables: named values of RabbitMQ's types.
//
//   t bool   b B int8   s u int16   I i int32   L l int64 (lower case b, s: signed, B, u, i:
//   unsigned)   f d float D decimal   S string   x bytes   T seconds since 1970   A array   F table
//   V nothing
#pragma once

#include "server/message/field_reader.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace varve::amqp {

struct FieldValue;
struct FieldEntry;
using FieldArray = std::vector<FieldValue>;

// The fields of a table in the order of the wire. A name that comes twice keeps both; the first one
// is found.
class FieldTable {
public:
    // Out of line, all of them: an entry is only complete once the table is.
    FieldTable();
    FieldTable(std::initializer_list<FieldEntry> entries);
    explicit FieldTable(std::vector<FieldEntry> entries);
    FieldTable(const FieldTable& other);
    FieldTable(FieldTable&& other) noexcept;
    FieldTable& operator=(const FieldTable& other);
    FieldTable& operator=(FieldTable&& other) noexcept;
    ~FieldTable();

    // Checks as validate_table() does, then decodes.
    static Result<FieldTable> decode(ByteView table);
    // Appends the content, without its length. Names are at most 255 bytes.
    void encode_to(std::string& out) const;
    std::string encode() const;

    const FieldValue* find(std::string_view name) const;
    // The value if it is there and of that type. Integers of every width, and no floats, are
    // integers.
    std::optional<int64_t> integer(std::string_view name) const;
    std::optional<std::string_view> string(std::string_view name) const;
    std::optional<bool> boolean(std::string_view name) const;

    // Replaces the first entry of that name, or adds one at the end.
    void set(std::string_view name, FieldValue value);
    void remove(std::string_view name);

    const std::vector<FieldEntry>& entries() const { return entries_; }
    bool empty() const;

    // The same names with equal values, in any order.
    friend bool operator==(const FieldTable& a, const FieldTable& b);

private:
    std::vector<FieldEntry> entries_;
};

// An integer with the type it came as, so that it goes out the same. Equal if the values are.
struct FieldInteger {
    int64_t value = 0;
    char code = 'l';
    friend bool operator==(FieldInteger a, FieldInteger b) { return a.value == b.value; }
};

// A float or a double. Equal if the values are.
struct FieldFloat {
    double value = 0;
    char code = 'd';
    friend bool operator==(FieldFloat a, FieldFloat b) { return a.value == b.value; }
};

// value / 10^scale
struct FieldDecimal {
    uint8_t scale = 0;
    uint32_t value = 0;
    bool operator==(const FieldDecimal&) const = default;
};

struct FieldTimestamp {
    uint64_t seconds = 0;
    bool operator==(const FieldTimestamp&) const = default;
};

// Type x; a plain std::string is type S.
struct FieldBytes {
    std::string bytes;
    bool operator==(const FieldBytes&) const = default;
};

struct FieldValue {
    std::variant<std::monostate,
                 bool,
                 FieldInteger,
                 FieldFloat,
                 FieldDecimal,
                 FieldTimestamp,
                 std::string,
                 FieldBytes,
                 FieldArray,
                 FieldTable>
        value;

    static FieldValue integer(int64_t value) { return {FieldInteger{value, 'l'}}; }
    static FieldValue string(std::string_view text) { return {std::string(text)}; }
    static FieldValue boolean(bool value) { return {value}; }

    // Checks what is nested, then decodes.
    static Result<FieldValue> decode(const EncodedField& field);
    // Appends code and value.
    void encode_to(std::string& out) const;

    std::optional<int64_t> as_integer() const;
    std::optional<std::string_view> as_string() const;  // S and x
    std::optional<bool> as_boolean() const;
    const FieldTable* as_table() const { return std::get_if<FieldTable>(&value); }
    const FieldArray* as_array() const { return std::get_if<FieldArray>(&value); }

    bool operator==(const FieldValue&) const = default;
};

struct FieldEntry {
    std::string name;
    FieldValue value;
    bool operator==(const FieldEntry&) const = default;
};

}  // namespace varve::amqp
