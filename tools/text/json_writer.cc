#include "tools/text/json_writer.h"

#include "tools/text/bytes_text.h"

#include <fmt/format.h>

#include <cmath>

namespace varve {
namespace {

void append_quoted(std::string& out, ByteView text) {
    out += '"';
    while (!text.empty()) {
        const size_t size = utf8_character_size(text);
        const char c = text[0];
        if (size == 0)
            out += "\xef\xbf\xbd";
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (c == '\n')
            out += "\\n";
        else if (size == 1 && (static_cast<uint8_t>(c) < 0x20 || c == 0x7f))
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint8_t>(c));
        else if (size == 2 && c == '\xc2' &&
                 static_cast<uint8_t>(text[1]) < 0xa0)  // C1, for terminals
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint8_t>(text[1]));
        else
            out += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    out += '"';
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    append_quoted(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::string(ByteView text) {
    separate();
    append_quoted(out_, text);
    return *this;
}

JsonWriter& JsonWriter::integer(int64_t value) { return raw(std::to_string(value)); }
JsonWriter& JsonWriter::unsigned_integer(uint64_t value) { return raw(std::to_string(value)); }
JsonWriter& JsonWriter::number(double value) {
    return std::isfinite(value) ? raw(fmt::format("{}", value)) : null();
}
JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::shut(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
}

void JsonWriter::separate() {
    if (comma_) out_ += ',';
    comma_ = true;
}

}  // namespace varve
