// The bytes of a batch and of a record (docs/storage-format.md, Batch). Little-endian.
#pragma once

#include "engine/record_batch.h"

#include <cstddef>
#include <cstdint>

namespace varve::batch_format {

// Header: magic u16, version u8, codec u8, record count u32, records size u32, reserved u32, base
// offset i64, first time i64, max time i64, records XXH3 u64, bodies before u64, header XXH3 u64.
// What is reserved is zero.
//
// The first three fields and the place of the header's checksum are the same in every version, so
// that an older program can tell a newer format from damage.
constexpr size_t kMagicAt = 0;
constexpr size_t kVersionAt = kMagicAt + 2;
constexpr size_t kCodecAt = kVersionAt + 1;
constexpr size_t kRecordCountAt = kCodecAt + 1;
constexpr size_t kRecordsSizeAt = kRecordCountAt + 4;
constexpr size_t kReserved32At = kRecordsSizeAt + 4;
constexpr size_t kBaseOffsetAt = kReserved32At + 4;
constexpr size_t kFirstTimeAt = kBaseOffsetAt + 8;
constexpr size_t kMaxTimeAt = kFirstTimeAt + 8;
constexpr size_t kRecordsChecksumAt = kMaxTimeAt + 8;
constexpr size_t kBodiesBeforeAt = kRecordsChecksumAt + 8;
constexpr size_t kHeaderChecksumAt = kBodiesBeforeAt + 8;
static_assert(kHeaderChecksumAt + 8 == kBatchHeaderSize, "docs/storage-format.md, Batch");
static_assert(kBatchHeaderSize == 64, "docs/storage-format.md, Batch");

constexpr uint16_t kMagic = 0x4256;  // "VB"
constexpr uint8_t kVersion = 1;
constexpr uint8_t kCodecNone = 0;
// Of a log in all its life: what is more is damage, and sums of two cannot overflow.
constexpr uint64_t kBodiesMax = uint64_t{1} << 62;

// Record: size u32 of what follows, flags u8, exchange size u8, routing key size u8, reserved u8,
// properties size u32, appended i64, [expires i64,] exchange, routing key, properties, body.
constexpr size_t kRecordSizeAt = 0;
constexpr size_t kRecordFlagsAt = kRecordSizeAt + 4;
constexpr size_t kExchangeSizeAt = kRecordFlagsAt + 1;
constexpr size_t kRoutingKeySizeAt = kExchangeSizeAt + 1;
constexpr size_t kRecordReservedAt = kRoutingKeySizeAt + 1;
constexpr size_t kPropertiesSizeAt = kRecordReservedAt + 1;
constexpr size_t kAppendedAt = kPropertiesSizeAt + 4;
constexpr size_t kRecordHeaderSize = kAppendedAt + 8;
constexpr size_t kExpiresSize = 8;
constexpr uint8_t kHasExpiry = 1;
static_assert(kRecordHeaderSize == 20, "docs/storage-format.md, Record");

}  // namespace varve::batch_format
