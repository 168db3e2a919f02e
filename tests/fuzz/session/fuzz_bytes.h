// A fuzzer's input as a source of decisions: used up, it says 0 for ever.
#pragma once

#include "engine/base/types.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace varve {

class FuzzBytes {
public:
    explicit FuzzBytes(ByteView bytes) : rest_(bytes) {}

    bool empty() const { return rest_.empty(); }
    uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    size_t below(size_t bound) { return byte() % bound; }
    bool flag() { return (byte() & 1) != 0; }
    // Seldom the rare thing: once in 16 values.
    bool rarely() { return byte() % 16 == 15; }
    // Small ones mostly.
    uint64_t number() {
        const uint8_t first = byte();
        if (first < 0xf0) return first;
        uint64_t value = 0;
        for (int i = 0; i < 8; ++i) value = value << 8 | byte();
        return value;
    }
    // So many bytes as the next one says.
    ByteView text() {
        const size_t size = std::min<size_t>(byte(), rest_.size());
        const ByteView taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    ByteView rest() { return std::exchange(rest_, {}); }
    template <size_t N>
    std::string_view one_of(const std::array<std::string_view, N>& words) {
        return words[below(N)];
    }

private:
    ByteView rest_;
};

}  // namespace varve
