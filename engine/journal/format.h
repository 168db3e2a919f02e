// Numbers of the journal's files: docs/storage-format.md, Journal.
#pragma once

#include "engine/base/types.h"

namespace varve::journal {

// Everything starts on a page, so that a torn or rewritten page never touches what was durable
// before.
constexpr uint64_t kPageSize = 4096;

constexpr uint32_t kFormatVersion = 1;

// File header: magic u64, version u32, page size u32, XXH3 u64, sequence u64, epoch u64, boot u64,
// start position u64, durable end of the files before u64, file size u64; zeros up to a page. The
// hash covers the page with the hash itself as zeros. All fields lie in one 512-byte sector, which
// the disk writes whole. This layout holds for every version.
constexpr uint64_t kFileMagic = 0x314c4e4a45565256;  // "VRVEJNL1"
constexpr size_t kFileHeaderFieldsSize = 8 + 4 + 4 + 8 * 7;
constexpr size_t kFileHeaderSize = kPageSize;
static_assert(kFileHeaderFieldsSize == 72 && kFileHeaderFieldsSize <= 512,
              "docs/storage-format.md, File header");

// Frame header: magic u32, payload size u32, XXH3 u64, epoch u64, position u64, durable before u64,
// boot u64, wall clock i64 (ms), entry count u32, flags u32. The hash covers the header, with the
// hash itself as zeros, and the payload, not the zeros that fill the last page.
constexpr uint32_t kFrameMagic = 0x4d524656;  // "VFRM"
constexpr size_t kFrameHeaderSize = 4 + 4 + 8 * 6 + 4 + 4;
constexpr size_t kFrameHashAt = 8;
static_assert(kFrameHeaderSize == 64, "docs/storage-format.md, Frame");

// A frame without entries, written at a clean stop: it proves that everything before it was
// durable.
constexpr uint32_t kFlagWitness = 1;

// A length beyond this is damage. Far above any group commit; one transaction may be that large.
constexpr uint64_t kPayloadSizeMax = 1_GiB;
// Positions beyond this are damage: no journal gets there, and sums stay below 2^64.
constexpr uint64_t kPositionMax = uint64_t{1} << 62;

constexpr uint64_t rounded_to_pages(uint64_t size) {
    return (size + kPageSize - 1) / kPageSize * kPageSize;
}
constexpr uint64_t frame_size(uint64_t payload_size) {
    return rounded_to_pages(kFrameHeaderSize + payload_size);
}

}  // namespace varve::journal
