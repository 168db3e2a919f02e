#include "engine/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace varve {

uint64_t xxh3(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

// The library's state wants 64-byte alignment, which plain new gives since C++17.
struct Xxh3Stream::State {
    XXH3_state_t state;
};

Xxh3Stream::Xxh3Stream() : state_(std::make_unique<State>()) { reset(); }
Xxh3Stream::~Xxh3Stream() = default;
void Xxh3Stream::reset() { XXH3_64bits_reset(&state_->state); }
void Xxh3Stream::update(ByteView bytes) {
    XXH3_64bits_update(&state_->state, bytes.data(), bytes.size());
}
uint64_t Xxh3Stream::digest() const { return XXH3_64bits_digest(&state_->state); }

}  // namespace varve
