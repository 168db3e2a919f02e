// The store's keys: big-endian, so that order is meaning (docs/storage-format.md, Store keys).
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <string>

namespace varve::keys {

// The first byte of a key says what its row is.
constexpr char kCatalogue = 'c';  // kind u8, id
constexpr char kBatch = 'd';      // log, end offset, base offset
constexpr char kHole = 'h';       // log, base offset
constexpr char kLog = 'l';        // log
constexpr char kMeta = 'm';       // name
constexpr char kReturn = 'r';     // log, offset
constexpr char kSegment = 's';    // log, base offset
constexpr char kCursor = 'u';     // log, cursor
constexpr char kChunk = 'v';      // log, cursor, chunk

constexpr size_t kLogKeySize = 1 + 16;

// All keys of one kind: from its prefix up to, not including, this.
std::string end_of_kind(char kind);

std::string meta(std::string_view name);
std::string catalogue(uint8_t kind, ByteView id);
// The common beginning of all keys of one kind and log. Of kLog: the whole key.
std::string of_log(char kind, LogId log);
// Beyond all keys of one kind and log, and not beyond those of the next log.
std::string end_of_log(char kind, LogId log);
// By end, then base: so that the batch which holds an offset is the first one that ends beyond it,
// found by one forward seek.
std::string batch(LogId log, OffsetRange range);
// Not beyond any batch of the log that ends beyond `offset`; beyond all others.
std::string batch_beyond(LogId log, Offset offset);
std::string returned(LogId log, Offset offset);
std::string hole(LogId log, Offset base);
std::string segment(LogId log, Offset base);
std::string cursor(LogId log, CursorId cursor);
std::string chunk(LogId log, CursorId cursor, int64_t chunk);

// The way back. `corrupt` for a key that nothing above makes.
struct CatalogueKeyParts {
    uint8_t kind;
    std::string id;
};
Result<CatalogueKeyParts> parse_catalogue(ByteView key);
Result<LogId> parse_log(ByteView key);  // of any kind of key that has a log
Result<OffsetRange> parse_batch(ByteView key);
Result<Offset> parse_offset(ByteView key);  // of kReturn, kHole and kSegment
struct CursorKeyParts {
    CursorId cursor;
    int64_t chunk = 0;  // of kChunk
};
Result<CursorKeyParts> parse_cursor(ByteView key);  // of kCursor and kChunk

}  // namespace varve::keys
