// Which offsets of a log are done with: a floor below which all are, and the few settled ones above it.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace varve {

// Memory and disk are proportional to the holes, not to the backlog: a chunk is held as an array of offsets, a bitmap
// or a list of runs, whichever is smallest, and vanishes when the floor passes it.
//
// Threading: Caller-serialised.
class SettledSet {
public:
    static constexpr int64_t kChunkSize = 65536;  // offsets per chunk: 16-bit positions inside

    explicit SettledSet(Offset floor = {}) : floor_(floor) {}

    // Every offset below this is settled.
    Offset floor() const { return floor_; }
    bool contains(Offset offset) const;
    // Offsets of `range` that are settled.
    int64_t count_in(OffsetRange range) const;
    // Settled offsets at or above the floor.
    int64_t count_above_floor() const { return count_above_floor_; }

    // Marks them settled; answers how many were not before. Twice is harmless.
    int64_t settle(OffsetRange range);
    // Raises the floor to at least `floor`.
    void settle_below(Offset floor);

    // Calls `visit` with each longest run of unsettled offsets inside `range`, ascending.
    void for_each_unsettled(OffsetRange range, const std::function<void(OffsetRange)>& visit) const;
    // Calls `visit` with each longest run of settled offsets at or above the floor, ascending.
    void for_each_settled_above_floor(const std::function<void(OffsetRange)>& visit) const;

    // Persistence, one row per chunk: what changed since the last take_dirty(). An empty encoding deletes the row.
    struct ChunkRow {
        int64_t chunk;  // its first offset is chunk * kChunkSize
        std::string encoded;
    };
    std::vector<ChunkRow> take_dirty();
    // Adds a chunk read back from the store. `corrupt` if it does not decode.
    Result<void> load_chunk(int64_t chunk, ByteView encoded);

    Bytes memory_used() const;

private:
    class Chunk;
    // Representation is the implementer's: std::map<int64_t, Chunk> keyed by chunk number, dirty chunk numbers beside it.
    Offset floor_;
    int64_t count_above_floor_ = 0;
};

}  // namespace varve
