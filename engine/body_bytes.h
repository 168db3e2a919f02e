// How many bytes the bodies in a part of a log take, without reading what lies between its ends.
#pragma once

#include "engine/base/result.h"
#include "engine/log.h"

namespace varve {

// Reads from the disk, which blocks: at most the batches at both ends of each range, and each of
// them once where the ranges ascend.
//
// Threading: Caller-serialised. The log outlives it.
class BodyBytes {
public:
    explicit BodyBytes(const Log& log) : log_(log) {}

    // The first and the last record of `range` must be readable: `not_found` otherwise.
    Result<Bytes> in(OffsetRange range);

private:
    Result<void> seek(Offset offset);
    Bytes before(Offset offset) const;  // in batch_, or its end

    const Log& log_;
    BatchRef batch_;
};

}  // namespace varve
