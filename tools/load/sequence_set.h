// Which sequence numbers were seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace varve::load {

// A set of numbers from 0 on, nearly without gaps: one bit each. Caller-serialised.
class SequenceSet {
public:
    // False if it was there already.
    bool add(uint64_t sequence);
    void add_range(uint64_t begin, uint64_t end);
    bool contains(uint64_t sequence) const;
    uint64_t count() const { return count_; }

    // How many numbers are in this set and not in `other`, and the lowest of them.
    struct Difference {
        uint64_t count = 0;
        std::optional<uint64_t> first;
    };
    Difference minus(const SequenceSet& other) const;

    // Calls `visit` with each run of neighbours, as begin and end, in rising order.
    void for_each_range(const std::function<void(uint64_t begin, uint64_t end)>& visit) const;

private:
    uint64_t word(size_t index) const { return index < words_.size() ? words_[index] : 0; }

    std::vector<uint64_t> words_;
    uint64_t count_ = 0;
};

}  // namespace varve::load
