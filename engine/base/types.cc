#include "engine/base/types.h"

#include "engine/base/check.h"

#include <cstring>

namespace varve {

ByteView Id128::view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string Id128::hex() const {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xf];
    }
    return text;
}

std::optional<Id128> Id128::from_hex(std::string_view text) {
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    Id128 id;
    if (text.size() != id.bytes.size() * 2) return std::nullopt;
    for (size_t i = 0; i < id.bytes.size(); ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return id;
}

Id128 Id128::from_view(ByteView sixteen_bytes) {
    Id128 id;
    VARVE_CHECK(sixteen_bytes.size() == id.bytes.size());
    std::memcpy(id.bytes.data(), sixteen_bytes.data(), id.bytes.size());
    return id;
}

}  // namespace varve

size_t std::hash<varve::Id128>::operator()(const varve::Id128& id) const noexcept {
    size_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
}
