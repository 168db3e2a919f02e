// Walks the encoded fields of a table or an array, without decoding their values.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <optional>

namespace varve::amqp {

// Nothing a client needs is near these; they bound what a hostile table can make us do.
constexpr int kFieldDepthMax = 32;  // tables and arrays within one another; bounds the stack
constexpr size_t kFieldCountMax =
    65536;  // values in all; bounds memory, as a one-byte value decodes to 64 bytes
constexpr size_t kFieldTableSizeMax = 16 << 20;  // bytes of one encoded table

// One encoded field. The views borrow from the table.
struct EncodedField {
    ByteView name;  // empty in an array
    char code = 'V';
    // The value without its code. A string, byte array, table or array is without its length, too.
    ByteView value;
};

// Threading: Caller-serialised. Borrows the bytes it walks.
class FieldReader {
public:
    enum class Kind : uint8_t { table, array };
    // `fields` is the content, without the length in front of it.
    FieldReader(ByteView fields, Kind kind) : rest_(fields), kind_(kind) {}

    bool at_end() const { return rest_.empty(); }
    // The next field; not at the end. `invalid_argument` if it is cut short or its type is unknown.
    Result<EncodedField> next();

private:
    ByteView rest_;
    Kind kind_;
};

// Checks a whole encoded table, nested ones included, against the limits above. Allocates nothing.
// After that its fields can be read, found and decoded without an error.
Result<void> validate_table(ByteView table);

// The same for what is nested in one field that a reader gave.
Result<void> validate_field(const EncodedField& field);

// The first field of that name; nullopt if there is none, or if the table is damaged before it.
std::optional<EncodedField> find_field(ByteView table, std::string_view name);

}  // namespace varve::amqp
