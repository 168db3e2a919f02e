// What a message of the load generator says about itself, and the pattern that fills the rest of
// it.
#pragma once

#include "engine/base/types.h"

#include <array>
#include <optional>

namespace varve::load {

// The first bytes of every body. Little-endian: checksum u32, run u16, publisher u16, sequence u64,
// sent i64.
constexpr size_t kStampSize = 4 + 2 + 2 + 8 + 8;

struct Stamp {
    uint16_t run = 0;  // messages of another run are told apart from ours
    uint16_t publisher = 0;
    uint64_t sequence = 0;  // counts from 0 for each publisher
    int64_t sent_ns = 0;    // when it was sent, or should have been (clock.h)
    bool operator==(const Stamp&) const = default;
};

// `body_size` goes into the checksum, so that a body that was cut off is not taken for a shorter
// one.
std::array<char, kStampSize> encode_stamp(const Stamp& stamp, size_t body_size);
// nullopt if the bytes are no stamp of a body of that size. Takes the first kStampSize bytes.
std::optional<Stamp> decode_stamp(ByteView bytes, size_t body_size);

// The filling of a body after its stamp: random bytes that repeat, starting at a place that the
// publisher and the sequence number choose. To compare two places of memory costs a tenth of
// hashing them, and finds every mix-up.
class Pattern {
public:
    Pattern();

    // The longest run of the filling that lies in memory as it is, from byte `at` of it on.
    // At most `size` bytes, at least one unless `size` is 0.
    ByteView piece(const Stamp& stamp, uint64_t at, size_t size) const;

private:
    // Small enough to stay in the first-level cache beside the rest.
    static constexpr size_t kPeriod = 16384;
    std::array<char, 2 * kPeriod> bytes_{};
};

// Checks a body as its frames arrive. One for each message. Caller-serialised.
class BodyCheck {
public:
    BodyCheck(const Pattern& pattern, uint64_t body_size)
        : pattern_(&pattern), body_size_(body_size) {}

    void take(ByteView piece);
    bool complete() const { return taken_ == body_size_; }
    // After complete(): the stamp, or nullopt if it or the filling is not what a publisher wrote.
    std::optional<Stamp> stamp() const { return intact_ ? stamp_ : std::nullopt; }

private:
    const Pattern* pattern_;
    uint64_t body_size_;
    uint64_t taken_ = 0;
    std::array<char, kStampSize> head_{};
    std::optional<Stamp> stamp_;
    bool intact_ = true;
};

}  // namespace varve::load
