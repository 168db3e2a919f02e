#include "server/broker/queue_name.h"

namespace varve {

std::string generated_name(std::string_view prefix, Rng& rng) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const Id128 id = random_id(rng);
    std::string name(prefix);
    uint32_t bits = 0;
    int bit_count = 0;
    for (const uint8_t byte : id.bytes) {
        bits = bits << 8 | byte;
        for (bit_count += 8; bit_count >= 6; bit_count -= 6)
            name += kAlphabet[bits >> (bit_count - 6) & 63];
    }
    name += kAlphabet[bits << (6 - bit_count) & 63];
    return name;
}

}  // namespace varve
