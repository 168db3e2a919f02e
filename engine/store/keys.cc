#include "engine/store/keys.h"

#include "engine/base/bytes.h"

namespace varve::keys {
namespace {

std::string fixed(char kind, LogId log, std::initializer_list<uint64_t> fields) {
    std::string key;
    key.reserve(kLogKeySize + fields.size() * sizeof(uint64_t));
    key.push_back(kind);
    key.append(log.view());
    ByteWriter writer(key);
    for (const uint64_t field : fields) writer.u64_be(field);
    return key;
}

uint64_t number(Offset offset) { return static_cast<uint64_t>(offset.value); }

Error strange(ByteView key) {
    return {ErrorCode::corrupt,
            "store key of " + std::to_string(key.size()) + " bytes that nothing writes"};
}

// The number that stands `index` numbers behind the log, in a key that has `count` of them.
Result<int64_t> number_at(ByteView key, size_t index, size_t count) {
    if (key.size() != kLogKeySize + count * sizeof(uint64_t)) return strange(key);
    const auto value = load_be<uint64_t>(key.data() + kLogKeySize + index * sizeof(uint64_t));
    if (value > INT64_MAX) return strange(key);
    return static_cast<int64_t>(value);
}

}  // namespace

std::string end_of_kind(char kind) { return {static_cast<char>(kind + 1)}; }

std::string meta(std::string_view name) { return kMeta + std::string(name); }

std::string catalogue(uint8_t kind, ByteView id) {
    std::string key{kCatalogue, static_cast<char>(kind)};
    key.append(id);
    return key;
}

std::string of_log(char kind, LogId log) { return fixed(kind, log, {}); }

std::string end_of_log(char kind, LogId log) {
    std::string key = of_log(kind, log);
    // The next number of 128 bits; of the highest one, the next kind.
    for (size_t at = key.size(); at-- > 0;) {
        key[at] = static_cast<char>(static_cast<uint8_t>(key[at]) + 1);
        if (key[at] != '\0') break;
        key.pop_back();
    }
    return key;
}

std::string batch(LogId log, OffsetRange range) {
    return fixed(kBatch, log, {number(range.end), number(range.begin)});
}
std::string batch_beyond(LogId log, Offset offset) {
    return fixed(kBatch, log, {number(offset + 1)});
}
std::string returned(LogId log, Offset offset) { return fixed(kReturn, log, {number(offset)}); }
std::string hole(LogId log, Offset base) { return fixed(kHole, log, {number(base)}); }
std::string segment(LogId log, Offset base) { return fixed(kSegment, log, {number(base)}); }
std::string cursor(LogId log, CursorId cursor) { return fixed(kCursor, log, {cursor.value}); }
std::string chunk(LogId log, CursorId cursor, int64_t chunk) {
    return fixed(kChunk, log, {cursor.value, static_cast<uint64_t>(chunk)});
}

Result<CatalogueKeyParts> parse_catalogue(ByteView key) {
    if (key.size() < 2) return strange(key);
    return CatalogueKeyParts{static_cast<uint8_t>(key[1]), std::string(key.substr(2))};
}

Result<LogId> parse_log(ByteView key) {
    if (key.size() < kLogKeySize) return strange(key);
    return LogId{Id128::from_view(key.substr(1, 16))};
}

Result<OffsetRange> parse_batch(ByteView key) {
    VARVE_TRY(const int64_t end, number_at(key, 0, 2));
    VARVE_TRY(const int64_t base, number_at(key, 1, 2));
    if (base >= end) return strange(key);
    return OffsetRange{{base}, {end}};
}

Result<Offset> parse_offset(ByteView key) {
    VARVE_TRY(const int64_t value, number_at(key, 0, 1));
    return Offset{value};
}

Result<CursorKeyParts> parse_cursor(ByteView key) {
    const bool has_chunk = !key.empty() && key.front() == kChunk;
    const size_t count = has_chunk ? 2 : 1;
    if (key.size() != kLogKeySize + count * sizeof(uint64_t)) return strange(key);
    CursorKeyParts parts{.cursor = {load_be<uint64_t>(key.data() + kLogKeySize)}};
    if (has_chunk) {
        VARVE_TRY(parts.chunk, number_at(key, 1, 2));
    }
    return parts;
}

}  // namespace varve::keys
