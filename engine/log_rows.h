// What the store keeps of a log besides its batches. Format: docs/storage-format.md, Rows.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/options.h"

#include <optional>
#include <string>

namespace varve {

constexpr uint16_t kLogRowVersion = 1;
constexpr uint16_t kCursorRowVersion = 1;
constexpr uint8_t kReturnRowVersion = 1;
constexpr uint8_t kDefinitionRowVersion = 1;

// start i64, version u16, reserved u16, reserved u32, end i64, retention bytes u64, retention age
// i64, purged below i64, bodies u64. The start comes first in every version: the store's trim
// filter reads it there.
struct LogFacts {
    Offset start;         // the oldest readable offset
    Offset end;           // the next offset
    Offset purged_below;  // the start goes up to here as soon as nothing below is unsettled
    RetentionPolicy retention;
    Bytes bodies = 0;  // bytes of all bodies that were ever appended
    bool operator==(const LogFacts&) const = default;
};
std::string encode_log_row(const LogFacts& facts);
Result<LogFacts> decode_log_row(ByteView value);

// version u16, reserved u16, reserved u32, floor i64, delivered below i64.
struct CursorFacts {
    Offset floor;
    Offset delivered_below;
    bool operator==(const CursorFacts&) const = default;
};
std::string encode_cursor_row(const CursorFacts& facts);
Result<CursorFacts> decode_cursor_row(ByteView value);

// version u8, count u32.
std::string encode_return_row(uint32_t count);
Result<uint32_t> decode_return_row(ByteView value);

// version u8, value. The version also keeps an empty definition apart from a deleted row.
std::string encode_definition_row(ByteView value);
Result<std::string> decode_definition_row(ByteView value);

// The records that ended otherwise than acked are kept as the settled sets of cursors that nobody
// can create: one per outcome, 2^64 - 256 + its number.
constexpr CursorId kReservedCursors{0xffff'ffff'ffff'ff00};
constexpr CursorId outcome_cursor(Outcome outcome) {
    return {kReservedCursors.value + static_cast<uint64_t>(outcome)};
}
std::optional<Outcome> outcome_of_cursor(CursorId cursor);

}  // namespace varve
