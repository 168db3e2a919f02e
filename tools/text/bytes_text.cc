#include "tools/text/bytes_text.h"

#include <fmt/format.h>

namespace varve {
namespace {

uint8_t byte_at(ByteView bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

char32_t character_at(ByteView bytes, size_t size) {
    constexpr uint8_t kLeadBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t character = byte_at(bytes, 0) & kLeadBits[size];
    for (size_t i = 1; i < size; ++i) character = character << 6 | (byte_at(bytes, i) & 0x3f);
    return character;
}

// C0, DEL and C1; also what turns the direction of the text around it.
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

size_t columns_of(char32_t c) {
    if ((c >= 0x300 && c <= 0x36f) || c == 0x200b || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f))
        return 0;
    const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                      (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                      (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                      (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
                      (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

void append_escaped(std::string& out, ByteView character) {
    switch (character[0]) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            for (const char c : character)
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<uint8_t>(c));
    }
}

enum class Lines : uint8_t { one, many };

std::string visible(ByteView bytes, Lines lines) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const size_t size = utf8_character_size(bytes);
        const ByteView character = bytes.substr(0, size == 0 ? 1 : size);
        bytes.remove_prefix(character.size());
        const bool layout = character[0] == '\n' || character[0] == '\t';
        if (size > 0 &&
            ((layout && lines == Lines::many) || !is_control(character_at(character, size))))
            out += character;
        else
            append_escaped(out, character);
    }
    return out;
}

}  // namespace

size_t utf8_character_size(ByteView bytes) {
    if (bytes.empty()) return 0;
    const uint8_t lead = byte_at(bytes, 0);
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (bytes.size() < size) return 0;
    for (size_t i = 1; i < size; ++i) {
        if ((byte_at(bytes, i) & 0xc0) != 0x80) return 0;
    }
    // Overlong forms, surrogates and what lies beyond Unicode show in the second byte.
    const uint8_t second = byte_at(bytes, 1);
    const bool refused = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                         (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
    return refused ? 0 : size;
}

bool is_utf8(ByteView bytes) {
    while (!bytes.empty()) {
        const size_t size = utf8_character_size(bytes);
        if (size == 0) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

std::string base64(ByteView bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t at = 0; at < bytes.size(); at += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - at);
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? byte_at(bytes, at + i) : 0);
        for (size_t i = 0; i < 4; ++i)
            out += i <= count ? kDigits[bits >> (18 - 6 * i) & 0x3f] : '=';
    }
    return out;
}

std::string one_line(ByteView bytes) { return visible(bytes, Lines::one); }
std::string many_lines(ByteView bytes) { return visible(bytes, Lines::many); }

size_t column_count(std::string_view utf8) {
    size_t columns = 0;
    while (!utf8.empty()) {
        const size_t size = utf8_character_size(utf8);
        columns += size == 0 ? 1 : columns_of(character_at(utf8, size));
        utf8.remove_prefix(size == 0 ? 1 : size);
    }
    return columns;
}

std::string cut_to_columns(std::string_view utf8, size_t columns) {
    if (columns == 0) return {};
    size_t taken = 0;
    size_t room_for_mark = 0;  // bytes after which one column is still free
    size_t at = 0;
    while (at < utf8.size()) {
        const size_t size = utf8_character_size(utf8.substr(at));
        const size_t width = size == 0 ? 1 : columns_of(character_at(utf8.substr(at), size));
        if (taken + width > columns) return std::string(utf8.substr(0, room_for_mark)) + "…";
        taken += width;
        at += size == 0 ? 1 : size;
        if (taken < columns) room_for_mark = at;
    }
    return std::string(utf8);
}

}  // namespace varve
