// What is gone from between records that stay: one message that nobody settles keeps itself, not
// all that came after it.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace varve {

constexpr uint8_t kHoleRowVersion = 1;

// end i64, version u8. The base is in the key; the end comes first in every version, because the
// store reads it there.
std::string encode_hole_row(Offset end);
Result<Offset> decode_hole_row(Offset base, ByteView value);

// The holes of a log: ranges of offsets that nothing is stored of. Memory is proportional to them,
// and there are fewer than records that stay.
//
// Threading: Caller-serialised.
class Holes {
public:
    // Twice is harmless; what touches becomes one.
    void add(OffsetRange range);
    // Those that end at or below the log's start are of no use any more.
    void forget_below(Offset start);
    // `offset`, or the end of the hole that it lies in.
    Offset beyond(Offset offset) const;
    std::vector<OffsetRange> ranges() const;

    // Rows that changed since the last call; no end: the row goes. Nothing for those below the
    // log's start: the store drops them itself.
    struct Row {
        Offset base;
        std::optional<Offset> end;
    };
    std::vector<Row> take_dirty();
    void load(OffsetRange range) { ends_[range.begin] = range.end; }

private:
    std::map<Offset, Offset> ends_;  // by base
    std::set<Offset> dirty_;         // bases
};

}  // namespace varve
