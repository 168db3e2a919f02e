// Which offsets of a log are done with: a floor below which all are, and the few settled ones above
// it.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/settled_chunk.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace varve {

// Memory and disk are proportional to the holes, not to the backlog: a chunk is held as an array of
// offsets, a bitmap or a list of runs, whichever is smallest, and vanishes when the floor passes
// it. Settling the next offsets at the floor, which is what an undisturbed queue does, touches no
// chunk.
//
// Threading: Caller-serialised.
class SettledSet {
public:
    static constexpr int64_t kChunkSize = SettledChunk::kSize;  // offsets per chunk

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

    // Persistence, one row per chunk: what changed since the last take_dirty(). An empty encoding
    // deletes the row. The floor is kept by whoever keeps the set, and is known before chunks load.
    struct ChunkRow {
        int64_t chunk;  // its first offset is chunk * kChunkSize
        std::string encoded;
    };
    std::vector<ChunkRow> take_dirty();
    // The row of this chunk did not get to the store after all: the next take_dirty() has it again.
    void mark_dirty(int64_t chunk);
    // Adds a chunk read back from the store. `corrupt` if it does not decode.
    Result<void> load_chunk(int64_t chunk, ByteView encoded);

    Bytes memory_used() const;

private:
    struct Entry {
        SettledChunk positions;
        bool dirty = false;
    };

    // Calls `visit` with each longest run of settled offsets inside `range`, which begins at or
    // above the floor.
    void for_each_settled_in(OffsetRange range,
                             const std::function<void(OffsetRange)>& visit) const;
    // The floor goes up to `floor` and over everything settled behind it.
    void raise_floor(Offset floor);
    // Forgets what the chunk at `at` holds below the floor, or all of it.
    std::map<int64_t, Entry>::iterator drop_below_floor(std::map<int64_t, Entry>::iterator at);

    Offset floor_;
    int64_t count_above_floor_ = 0;
    std::map<int64_t, Entry> chunks_;  // none is empty; nothing in them lies below the floor
    std::set<int64_t> stored_;         // chunks that have a row in the store, as far as we know
};

}  // namespace varve
