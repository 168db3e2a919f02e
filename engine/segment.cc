#include "engine/segment.h"

#include "engine/base/bytes.h"

#include <algorithm>

namespace varve {
namespace {

constexpr size_t kSegmentsPerSize = 256;
constexpr size_t kDoublingsMax = 20;  // a mebibyte becomes a tebibyte

}  // namespace

SegmentInfo summary_of(const RecordBatch& batch) {
    return {.range = batch.range(),
            .first_time = batch.first_time(),
            .max_time = batch.max_time(),
            .size = batch.size()};
}

Bytes segment_roll_size(Bytes smallest, size_t count) {
    return smallest << std::min(count / kSegmentsPerSize, kDoublingsMax);
}

void add_to_segments(std::vector<SegmentInfo>& segments,
                     const SegmentInfo& batch,
                     Bytes roll_size) {
    if (segments.empty() || segments.back().size >= roll_size) {
        segments.push_back(batch);
        return;
    }
    SegmentInfo& last = segments.back();
    last.range.end = batch.range.end;
    last.max_time = std::max(last.max_time, batch.max_time);
    last.size += batch.size;
}

std::string encode_segment_row(const SegmentInfo& segment) {
    std::string value;
    ByteWriter writer(value);
    writer.i64_le(segment.range.end.value);
    writer.u8(kSegmentRowVersion);
    writer.i64_le(segment.first_time.ms);
    writer.i64_le(segment.max_time.ms);
    writer.u64_le(segment.size);
    return value;
}

Result<SegmentInfo> decode_segment_row(Offset base, ByteView value) {
    ByteReader reader(value);
    SegmentInfo segment{.range = {base, base}};
    VARVE_TRY(segment.range.end.value, reader.i64_le());
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version == 0) return Error{ErrorCode::corrupt, "segment row version 0"};
    if (version > kSegmentRowVersion) {
        return Error{ErrorCode::newer_format, "segment row version " + std::to_string(version)};
    }
    VARVE_TRY(segment.first_time.ms, reader.i64_le());
    VARVE_TRY(segment.max_time.ms, reader.i64_le());
    VARVE_TRY(segment.size, reader.u64_le());
    if (!reader.at_end()) return Error{ErrorCode::corrupt, "segment row longer than its fields"};
    if (segment.range.empty()) return Error{ErrorCode::corrupt, "segment of no records"};
    return segment;
}

}  // namespace varve
