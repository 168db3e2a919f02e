// Writes the arguments of a method: the counterpart of ArgumentReader.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/check.h"

#include <limits>

namespace varve::amqp {

constexpr size_t kShortStringSizeMax = 255;  // its length is one octet

// Appends fields to a string that the caller owns.
class ArgumentWriter {
public:
    explicit ArgumentWriter(std::string& out) : out_(out) {}

    void octet(uint8_t value) { integer(value); }
    void short_integer(uint16_t value) { integer(value); }
    void long_integer(uint32_t value) { integer(value); }
    void long_long_integer(uint64_t value) { integer(value); }
    // At most 255 bytes: names and keys came from a short string, or were checked where they
    // entered.
    void short_string(ByteView text) {
        VARVE_CHECK(text.size() <= kShortStringSizeMax);
        integer(static_cast<uint8_t>(text.size()));
        out_.append(text);
    }
    // A short string for people: one of more than 255 bytes is cut off at the start of a UTF-8
    // character, and ends with three dots.
    void short_text(ByteView text) {
        constexpr ByteView kDots = "...";
        if (text.size() <= kShortStringSizeMax) return short_string(text);
        size_t size = kShortStringSizeMax - kDots.size();
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
        integer(static_cast<uint8_t>(size + kDots.size()));
        out_.append(text.substr(0, size)).append(kDots);
    }
    void long_string(ByteView text) {
        VARVE_CHECK(text.size() <= std::numeric_limits<uint32_t>::max());
        integer(static_cast<uint32_t>(text.size()));
        out_.append(text);
    }
    void bytes(ByteView raw) { out_.append(raw); }

private:
    template <typename T>
    void integer(T value) {
        char field[sizeof(T)];
        store_be(field, value);
        out_.append(field, sizeof field);
    }

    std::string& out_;
};

}  // namespace varve::amqp
