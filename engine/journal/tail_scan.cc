#include "engine/journal/tail_scan.h"

#include <algorithm>

namespace varve::journal {

Result<std::optional<FoundFrame>> TailScan::frame_at(uint64_t offset) {
    VARVE_TRY(const ByteView start, window_.view(offset, kFrameHeaderSize));
    const auto header =
        decode_frame_header(start, found_.header.epoch, found_.header.position_at(offset));
    if (!header || header->size() > window_.file_size() - offset)
        return std::optional<FoundFrame>{};
    const uint64_t size = kFrameHeaderSize + header->payload_size;
    VARVE_TRY(const ByteView frame, window_.view(offset, size));
    if (frame.size() < size || !verifies(*header, frame, hasher_))
        return std::optional<FoundFrame>{};
    return std::optional(
        FoundFrame{.header = *header, .offset = offset, .payload = frame.substr(kFrameHeaderSize)});
}

Result<std::optional<FoundFrame>> TailScan::frame_again_at(uint64_t offset) {
    window_.forget();
    return frame_at(offset);
}

Result<Tail> TailScan::look_ahead(uint64_t bad_offset) {
    const Position bad = found_.header.position_at(bad_offset);
    Tail tail;
    uint64_t torn_end = bad_offset;
    for (uint64_t at = bad_offset; at < window_.file_size(); at += kPageSize) {
        VARVE_TRY(const ByteView start, window_.view(at, kFrameHeaderSize));
        const auto header =
            decode_frame_header(start, found_.header.epoch, found_.header.position_at(at));
        if (!header) continue;
        torn_end = std::max(torn_end, std::min(at + header->size(), window_.file_size()));
        if (at == bad_offset) continue;
        VARVE_TRY(const auto frame, frame_at(at));
        if (!frame) continue;
        if (!tail.resume_offset) tail.resume_offset = at;
        if (frame->header.durable_before > bad) {
            tail.proof_offset = at;
            break;
        }
    }
    tail.torn = torn_end - bad_offset;
    return tail;
}

}  // namespace varve::journal
