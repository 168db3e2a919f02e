// Writes JSON on one line, in the order in which it is told.
#pragma once

#include "engine/base/types.h"

#include <string>

namespace varve {

// Commas come by themselves; that keys and ends are in place is the caller's business.
//
// Threading: Caller-serialised. Appends to a string that outlives it.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return shut('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return shut(']'); }
    JsonWriter& key(std::string_view name);

    // Bytes that are no UTF-8 become U+FFFD.
    JsonWriter& string(ByteView text);
    JsonWriter& integer(int64_t value);
    JsonWriter& unsigned_integer(uint64_t value);
    // null for what JSON has no number for.
    JsonWriter& number(double value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // A value that is JSON already.
    JsonWriter& raw(std::string_view json);

    // key() and value in one.
    JsonWriter& field(std::string_view name, ByteView text) { return key(name).string(text); }
    JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
    JsonWriter& field(std::string_view name, int64_t value) { return key(name).integer(value); }
    JsonWriter& field(std::string_view name, uint64_t value) {
        return key(name).unsigned_integer(value);
    }
    JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

private:
    JsonWriter& open(char bracket);
    JsonWriter& shut(char bracket);
    void separate();

    std::string& out_;
    bool comma_ = false;
};

}  // namespace varve
