// Any bytes are either a chunk that answers consistently and comes back from its own encoding, or
// refused.
#include "engine/settled_chunk.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace varve;

uint32_t walked_count(const SettledChunk& chunk) {
    uint32_t count = 0;
    uint32_t end = 0;
    for (uint32_t begin = chunk.first_present(0); begin < SettledChunk::kSize;
         begin = chunk.first_present(end)) {
        end = chunk.first_absent(begin);
        count += end - begin;
    }
    return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string bytes(data, data + size);
    const auto chunk = SettledChunk::decode(bytes);
    if (!chunk) return 0;
    VARVE_CHECK(chunk->count() > 0);
    VARVE_CHECK(walked_count(*chunk) == chunk->count());
    const auto again = must(SettledChunk::decode(chunk->encode()));
    VARVE_CHECK(again.count() == chunk->count());
    VARVE_CHECK(again.encode() == chunk->encode());
    SettledChunk grown = *chunk;
    grown.add(100, 40'000);
    VARVE_CHECK(grown.count_in(100, 40'000) == 39'900);
    grown.remove_below(50'000);
    VARVE_CHECK(grown.first_present(0) >= 50'000);
    VARVE_CHECK(walked_count(grown) == grown.count());
    return 0;
}
