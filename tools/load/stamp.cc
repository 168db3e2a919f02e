#include "tools/load/stamp.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace varve::load {

namespace {

// Over the stamp behind the checksum, and the size of the body.
uint32_t checksum_of(const char* stamp, size_t body_size) {
    std::array<char, kStampSize + 4> bytes{};
    std::memcpy(bytes.data(), stamp + 4, kStampSize - 4);
    store_le<uint64_t>(bytes.data() + kStampSize - 4, body_size);
    return static_cast<uint32_t>(xxh3({bytes.data(), bytes.size()}));
}

}  // namespace

std::array<char, kStampSize> encode_stamp(const Stamp& stamp, size_t body_size) {
    std::array<char, kStampSize> bytes{};
    store_le(bytes.data() + 4, stamp.run);
    store_le(bytes.data() + 6, stamp.publisher);
    store_le(bytes.data() + 8, stamp.sequence);
    store_le(bytes.data() + 16, static_cast<uint64_t>(stamp.sent_ns));
    store_le(bytes.data(), checksum_of(bytes.data(), body_size));
    return bytes;
}

std::optional<Stamp> decode_stamp(ByteView bytes, size_t body_size) {
    if (bytes.size() < kStampSize ||
        load_le<uint32_t>(bytes.data()) != checksum_of(bytes.data(), body_size)) {
        return std::nullopt;
    }
    return Stamp{.run = load_le<uint16_t>(bytes.data() + 4),
                 .publisher = load_le<uint16_t>(bytes.data() + 6),
                 .sequence = load_le<uint64_t>(bytes.data() + 8),
                 .sent_ns = static_cast<int64_t>(load_le<uint64_t>(bytes.data() + 16))};
}

Pattern::Pattern() {
    std::mt19937_64 random(
        20240229);  // always the same: another process checks what this one wrote
    for (size_t i = 0; i < kPeriod; ++i)
        bytes_[i] = bytes_[i + kPeriod] = static_cast<char>(random());
}

ByteView Pattern::piece(const Stamp& stamp, uint64_t at, size_t size) const {
    const uint64_t start = (stamp.sequence * 2654435761U + stamp.publisher * 40503U + at) % kPeriod;
    return {bytes_.data() + start, std::min(size, kPeriod)};
}

void BodyCheck::take(ByteView piece) {
    if (taken_ < kStampSize) {
        const ByteView head = piece.substr(0, kStampSize - taken_);
        std::memcpy(head_.data() + taken_, head.data(), head.size());
        taken_ += head.size();
        piece.remove_prefix(head.size());
        if (taken_ == kStampSize) stamp_ = decode_stamp({head_.data(), head_.size()}, body_size_);
    }
    intact_ = intact_ && taken_ + piece.size() <= body_size_;
    while (!piece.empty() && stamp_) {
        const ByteView wanted = pattern_->piece(*stamp_, taken_ - kStampSize, piece.size());
        intact_ = intact_ && piece.substr(0, wanted.size()) == wanted;
        taken_ += wanted.size();
        piece.remove_prefix(wanted.size());
    }
    taken_ += piece.size();
}

}  // namespace varve::load
