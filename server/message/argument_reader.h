// Reads the arguments of a method: big-endian integers, short and long strings, packed bits.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/types.h"

namespace varve::amqp {

// Reads fields from borrowed bytes; it cannot run off the end. Once a field is cut short, ok()
// stays false and every further field reads as zero or empty, so that a caller checks once, at the
// end, instead of at each field.
class ArgumentReader {
public:
    explicit ArgumentReader(ByteView bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    uint8_t octet() { return integer<uint8_t>(); }
    uint16_t short_integer() { return integer<uint16_t>(); }
    uint32_t long_integer() { return integer<uint32_t>(); }
    uint64_t long_long_integer() { return integer<uint64_t>(); }
    ByteView short_string() { return bytes(octet()); }
    ByteView long_string() { return bytes(long_integer()); }
    ByteView bytes(size_t size) {
        if (size > remaining()) return fail(), ByteView();
        const char* from = at_;
        at_ += size;
        return {from, size};
    }

    bool ok() const { return ok_; }
    size_t remaining() const { return static_cast<size_t>(end_ - at_); }
    // Everything was there, and nothing is left over.
    bool complete() const { return ok_ && at_ == end_; }

private:
    template <typename T>
    T integer() {
        if (sizeof(T) > remaining()) return fail(), T{0};
        const T value = load_be<T>(at_);
        at_ += sizeof(T);
        return value;
    }
    void fail() {
        ok_ = false;
        at_ = end_;
    }

    const char* at_;
    const char* end_;
    bool ok_ = true;
};

}  // namespace varve::amqp
