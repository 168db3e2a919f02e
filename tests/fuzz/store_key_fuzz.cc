// Any bytes as a key of the store: what parses is made again from its parts, byte by byte.
#include "engine/base/check.h"
#include "engine/store/keys.h"

using namespace varve;

namespace {

void check_key_of_log(ByteView key, LogId log) {
    const char kind = key.front();
    if (kind == keys::kBatch) {
        if (const auto range = keys::parse_batch(key)) VARVE_CHECK(keys::batch(log, *range) == key);
    } else if (kind == keys::kReturn) {
        if (const auto offset = keys::parse_offset(key))
            VARVE_CHECK(keys::returned(log, *offset) == key);
    } else if (kind == keys::kSegment) {
        if (const auto base = keys::parse_offset(key))
            VARVE_CHECK(keys::segment(log, *base) == key);
    } else if (kind == keys::kCursor) {
        if (const auto parts = keys::parse_cursor(key))
            VARVE_CHECK(keys::cursor(log, parts->cursor) == key);
    } else if (kind == keys::kChunk) {
        if (const auto parts = keys::parse_cursor(key))
            VARVE_CHECK(keys::chunk(log, parts->cursor, parts->chunk) == key);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView key(reinterpret_cast<const char*>(data), size);
    if (const auto parts = keys::parse_catalogue(key); parts && key.front() == keys::kCatalogue)
        VARVE_CHECK(keys::catalogue(parts->kind, parts->id) == key);
    if (const auto log = keys::parse_log(key)) check_key_of_log(key, *log);
    return 0;
}
