// The settled offsets of one chunk of a log: 65,536 positions, in whichever form is smallest.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace varve {

// A set of positions below kSize. As an array of positions, a bitmap, or a list of runs; it changes
// form as it grows, with some slack so that it does not swing between two.
//
// Threading: Caller-serialised.
class SettledChunk {
public:
    static constexpr uint32_t kSize = 65536;

    uint32_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    bool contains(uint32_t position) const;
    // How many of begin..end are in the set.
    uint32_t count_in(uint32_t begin, uint32_t end) const;
    // The first position at or above `from` that is not in the set; kSize if all are.
    uint32_t first_absent(uint32_t from) const;
    // The first position at or above `from` that is in the set; kSize if none is.
    uint32_t first_present(uint32_t from) const;

    // Adds begin..end; answers how many were not in the set before.
    uint32_t add(uint32_t begin, uint32_t end);
    void remove_below(uint32_t end);

    // docs/storage-format.md, Settled chunk. Of a set that is not empty.
    std::string encode() const;
    static Result<SettledChunk> decode(ByteView encoded);

    Bytes memory_used() const;

private:
    struct Run {  // first and last position: a full chunk fits into 16 bits that way
        uint16_t first;
        uint16_t last;
    };
    using Array = std::vector<uint16_t>;   // ascending
    using Bitmap = std::vector<uint64_t>;  // kSize bits
    using Runs = std::vector<Run>;         // ascending, with gaps between

    // Runs that begin within begin..end.
    uint32_t runs_beginning_in(uint32_t begin, uint32_t end) const;
    void insert(uint32_t begin, uint32_t end);
    void change_form_if_large();
    template <typename Form>
    Form as() const;

    static Result<SettledChunk> decode_array(ByteView body);
    static Result<SettledChunk> decode_bitmap(ByteView body);
    static Result<SettledChunk> decode_runs(ByteView body);

    std::variant<Runs, Array, Bitmap> form_;
    uint32_t count_ = 0;
    uint32_t runs_ = 0;
};

}  // namespace varve
