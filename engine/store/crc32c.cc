#include "engine/store/crc32c.h"

#include <array>

namespace varve {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41, its bits in reverse

constexpr std::array<uint32_t, 256> make_table() {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < table.size(); ++byte) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
        table[byte] = value;
    }
    return table;
}

// A byte at a time, 400 MB/s: a MANIFEST is 16 MiB at most, and read once per open.
constexpr auto kTable = make_table();

}  // namespace

uint32_t crc32c(ByteView bytes) {
    uint32_t value = ~uint32_t{0};
    for (const char byte : bytes)
        value = (value >> 8) ^ kTable[(value ^ static_cast<uint8_t>(byte)) & 0xff];
    return ~value;
}

}  // namespace varve
