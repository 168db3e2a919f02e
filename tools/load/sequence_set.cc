#include "tools/load/sequence_set.h"

#include <algorithm>
#include <bit>

namespace varve::load {

namespace {

constexpr uint64_t kWordBits = 64;
uint64_t bit_of(uint64_t sequence) { return uint64_t{1} << (sequence % kWordBits); }

}  // namespace

bool SequenceSet::add(uint64_t sequence) {
    const size_t index = sequence / kWordBits;
    if (index >= words_.size()) words_.resize(std::max(index + 1, words_.size() * 2));
    const uint64_t bit = bit_of(sequence);
    if ((words_[index] & bit) != 0) return false;
    words_[index] |= bit;
    ++count_;
    return true;
}

void SequenceSet::add_range(uint64_t begin, uint64_t end) {
    for (uint64_t sequence = begin; sequence < end; ++sequence) add(sequence);
}

bool SequenceSet::contains(uint64_t sequence) const {
    return (word(sequence / kWordBits) & bit_of(sequence)) != 0;
}

SequenceSet::Difference SequenceSet::minus(const SequenceSet& other) const {
    Difference difference;
    for (size_t i = 0; i < words_.size(); ++i) {
        const uint64_t left = words_[i] & ~other.word(i);
        if (left == 0) continue;
        if (!difference.first)
            difference.first = i * kWordBits + static_cast<uint64_t>(std::countr_zero(left));
        difference.count += static_cast<uint64_t>(std::popcount(left));
    }
    return difference;
}

void SequenceSet::for_each_range(const std::function<void(uint64_t, uint64_t)>& visit) const {
    const uint64_t size = words_.size() * kWordBits;
    uint64_t at = 0;
    // The first number from `at` on that is (not) in the set, a whole word at a time.
    const auto skip = [&](bool over_members) {
        while (at < size) {
            const uint64_t bits =
                (over_members ? ~words_[at / kWordBits] : words_[at / kWordBits]) >>
                (at % kWordBits);
            if (bits != 0) {
                at += static_cast<uint64_t>(std::countr_zero(bits));
                return;
            }
            at = (at / kWordBits + 1) * kWordBits;
        }
    };
    for (skip(false); at < size; skip(false)) {
        const uint64_t begin = at;
        skip(true);
        visit(begin, at);
    }
}

}  // namespace varve::load
