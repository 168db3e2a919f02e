#include "tests/support/stores.h"

#include "engine/base/bytes.h"

namespace varve {
namespace {

std::string text(int64_t value) { return std::to_string(value); }

Result<void> check_bodies(const BatchRef& batch) {
    for (RecordCursor cursor(batch, batch->base()); !cursor.at_end(); cursor.next()) {
        const ByteView body = cursor.record().body;
        if (body == body_of(cursor.offset(), body.size())) continue;
        return Error{ErrorCode::corrupt, "other bytes at offset " + text(cursor.offset().value)};
    }
    return ok();
}

}  // namespace

LogId log_id(uint8_t n) {
    LogId id;
    id.bytes.fill(0x11);
    id.bytes[0] = n;
    return id;
}

std::string value_of(Offset offset, std::string_view rest) {
    std::string value;
    ByteWriter writer(value);
    writer.i64_le(offset.value);
    writer.bytes(rest);
    return value;
}

std::string body_of(Offset offset, size_t body_size) {
    std::string body = text(offset.value) + ".";
    while (body.size() < body_size) body += body;
    body.resize(body_size);
    return body;
}

BatchRef stored_batch(OffsetRange range, size_t body_size) {
    RecordBatchBuilder builder;
    for (Offset at = range.begin; at < range.end; at = at + 1) {
        const std::string body = body_of(at, body_size);
        builder.add({.appended = {at.value},
                     .expires = {},
                     .exchange = "",
                     .routing_key = "q",
                     .properties = "",
                     .body = body});
    }
    return builder.seal_at(range.begin, 0);
}

Result<Rows> rows_of(const Store& store) {
    Rows rows;
    const auto add = [&rows](const std::string& key, const std::string& value) -> Result<void> {
        rows[key] = value;
        return ok();
    };
    const auto loaded = store.load({
        .on_catalogue =
            [&](const CatalogueRow& row) {
                return add("catalogue " + text(row.kind) + " " + row.id, row.value);
            },
        .on_log = [&](const LogRow& row) { return add("log " + row.log.hex(), row.value); },
        .on_return =
            [&](const ReturnRow& row) {
                return add("return " + row.log.hex() + " " + text(row.offset.value), row.value);
            },
        .on_segment =
            [&](const SegmentRow& row) {
                return add("segment " + row.log.hex() + " " + text(row.base.value), row.value);
            },
        .on_cursor =
            [&](const CursorRow& row) {
                return add("cursor " + row.log.hex() + " " + std::to_string(row.cursor.value),
                           row.value);
            },
        .on_chunk =
            [&](const ChunkRow& row) {
                return add("chunk " + row.log.hex() + " " + std::to_string(row.cursor.value) + " " +
                               text(row.chunk),
                           row.value);
            },
    });
    if (!loaded) return loaded.error();
    return rows;
}

Result<std::vector<OffsetRange>> batches_of(const Store& store, LogId log, Offset from) {
    std::vector<OffsetRange> ranges;
    const auto visited =
        store.for_each_batch(log, from, [&](Offset base, ByteView encoded) -> Result<void> {
            VARVE_TRY(const auto batch, RecordBatch::decode(std::string(encoded)));
            if (batch->base() != base)
                return Error{ErrorCode::corrupt, "a batch under another one's key"};
            VARVE_TRY(check_bodies(batch));
            ranges.push_back(batch->range());
            return ok();
        });
    if (!visited) return visited.error();
    return ranges;
}

}  // namespace varve
