// Encoding and decoding, field by field, with named byte order and bounds. Little-endian in values,
// big-endian in keys and on the wire.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <bit>
#include <concepts>
#include <cstring>
#include <string>

namespace varve {

template <std::unsigned_integral T>
constexpr T byte_swapped(T value) {
    if constexpr (sizeof(T) == 1) return value;
    if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
void store_le(char* to, T value) {
    if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
    std::memcpy(to, &value, sizeof value);
}
template <std::unsigned_integral T>
void store_be(char* to, T value) {
    if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
    std::memcpy(to, &value, sizeof value);
}
template <std::unsigned_integral T>
T load_le(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
    return value;
}
template <std::unsigned_integral T>
T load_be(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
    return value;
}

// Appends fields to a string that the caller owns.
class ByteWriter {
public:
    explicit ByteWriter(std::string& out) : out_(out) {}

    void u8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void u16_le(uint16_t value) { put<uint16_t, store_le<uint16_t>>(value); }
    void u32_le(uint32_t value) { put<uint32_t, store_le<uint32_t>>(value); }
    void u64_le(uint64_t value) { put<uint64_t, store_le<uint64_t>>(value); }
    void i64_le(int64_t value) { u64_le(static_cast<uint64_t>(value)); }
    void u16_be(uint16_t value) { put<uint16_t, store_be<uint16_t>>(value); }
    void u32_be(uint32_t value) { put<uint32_t, store_be<uint32_t>>(value); }
    void u64_be(uint64_t value) { put<uint64_t, store_be<uint64_t>>(value); }
    void bytes(ByteView value) { out_.append(value); }
    // A length (u32, little-endian) and that many bytes.
    void sized(ByteView value) {
        u32_le(static_cast<uint32_t>(value.size()));
        bytes(value);
    }

private:
    template <typename T, void (*store)(char*, T)>
    void put(T value) {
        char field[sizeof(T)];
        store(field, value);
        out_.append(field, sizeof field);
    }
    std::string& out_;
};

// Reads fields from borrowed bytes; it cannot run off the end. `corrupt` when a field is cut short.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    Result<uint8_t> u8() { return take<uint8_t, load_le<uint8_t>>(); }
    Result<uint16_t> u16_le() { return take<uint16_t, load_le<uint16_t>>(); }
    Result<uint32_t> u32_le() { return take<uint32_t, load_le<uint32_t>>(); }
    Result<uint64_t> u64_le() { return take<uint64_t, load_le<uint64_t>>(); }
    Result<int64_t> i64_le() {
        VARVE_TRY(const uint64_t value, u64_le());
        return static_cast<int64_t>(value);
    }
    Result<uint16_t> u16_be() { return take<uint16_t, load_be<uint16_t>>(); }
    Result<uint32_t> u32_be() { return take<uint32_t, load_be<uint32_t>>(); }
    Result<uint64_t> u64_be() { return take<uint64_t, load_be<uint64_t>>(); }
    Result<ByteView> bytes(size_t size) {
        if (size > remaining()) return cut_short(size);
        const ByteView field = bytes_.substr(at_, size);
        at_ += size;
        return field;
    }
    Result<ByteView> sized() {
        VARVE_TRY(const uint32_t size, u32_le());
        return bytes(size);
    }

    size_t at() const { return at_; }
    size_t remaining() const { return bytes_.size() - at_; }
    bool at_end() const { return remaining() == 0; }

private:
    template <typename T, T (*load)(const char*)>
    Result<T> take() {
        if (sizeof(T) > remaining()) return cut_short(sizeof(T));
        const T value = load(bytes_.data() + at_);
        at_ += sizeof(T);
        return value;
    }
    Error cut_short(size_t wanted) const;

    ByteView bytes_;
    size_t at_ = 0;
};

}  // namespace varve
