// Summaries of runs of batches: how they grow, when they roll, and their rows. Pure.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/log.h"

#include <string>
#include <vector>

namespace varve {

constexpr uint8_t kSegmentRowVersion = 1;

// A batch as a run of its own.
SegmentInfo summary_of(const RecordBatch& batch);

// The size at which a log that has `count` segments rolls to the next one: `smallest`, doubled for
// each 256 of them. A terabyte then has some three thousand.
Bytes segment_roll_size(Bytes smallest, size_t count);

// Adds what `batch` says of itself to the last of `segments`, or begins another one where that has
// reached `roll_size`. `batch` lies behind all of them.
void add_to_segments(std::vector<SegmentInfo>& segments, const SegmentInfo& batch, Bytes roll_size);

// end i64, version u8, first time i64, max time i64, size u64. The base is in the key; the end
// comes first in every version, because the store reads it there.
std::string encode_segment_row(const SegmentInfo& segment);
Result<SegmentInfo> decode_segment_row(Offset base, ByteView value);

}  // namespace varve
