#include "engine/log_rows.h"

#include "engine/base/bytes.h"

namespace varve {
namespace {

Result<Offset> read_offset(ByteReader& reader) {
    VARVE_TRY(const int64_t value, reader.i64_le());
    if (value < 0) return Error{ErrorCode::corrupt, "offset " + std::to_string(value)};
    return Offset{value};
}

Result<void> check_version(uint16_t found, uint16_t known) {
    if (found == 0) return Error{ErrorCode::corrupt, "row version 0"};
    if (found > known)
        return Error{ErrorCode::newer_format, "row version " + std::to_string(found)};
    return ok();
}

Result<void> check_end(const ByteReader& reader) {
    if (!reader.at_end()) return Error{ErrorCode::corrupt, "row longer than its fields"};
    return ok();
}

// version u16 and six reserved bytes: the fields behind them stay aligned.
void write_version(ByteWriter& writer, uint16_t version) {
    writer.u16_le(version);
    writer.u16_le(0);
    writer.u32_le(0);
}

Result<void> read_version(ByteReader& reader, uint16_t known) {
    VARVE_TRY(const uint16_t version, reader.u16_le());
    VARVE_TRY(reader.bytes(6));
    return check_version(version, known);
}

}  // namespace

std::string encode_log_row(const LogFacts& facts) {
    std::string value;
    ByteWriter writer(value);
    writer.i64_le(facts.start.value);
    write_version(writer, kLogRowVersion);
    writer.i64_le(facts.end.value);
    writer.u64_le(facts.retention.bytes);
    writer.i64_le(facts.retention.age.count());
    writer.i64_le(facts.purged_below.value);
    writer.u64_le(facts.bodies);
    return value;
}

Result<LogFacts> decode_log_row(ByteView value) {
    ByteReader reader(value);
    LogFacts facts;
    VARVE_TRY(facts.start, read_offset(reader));
    VARVE_TRY(read_version(reader, kLogRowVersion));
    VARVE_TRY(facts.end, read_offset(reader));
    VARVE_TRY(facts.retention.bytes, reader.u64_le());
    VARVE_TRY(const int64_t age, reader.i64_le());
    VARVE_TRY(facts.purged_below, read_offset(reader));
    VARVE_TRY(facts.bodies, reader.u64_le());
    VARVE_TRY(check_end(reader));
    if (facts.end < facts.start || age < 0)
        return Error{ErrorCode::corrupt, "log row that contradicts itself"};
    facts.retention.age = std::chrono::milliseconds(age);
    return facts;
}

std::string encode_cursor_row(const CursorFacts& facts) {
    std::string value;
    ByteWriter writer(value);
    write_version(writer, kCursorRowVersion);
    writer.i64_le(facts.floor.value);
    writer.i64_le(facts.delivered_below.value);
    return value;
}

Result<CursorFacts> decode_cursor_row(ByteView value) {
    ByteReader reader(value);
    CursorFacts facts;
    VARVE_TRY(read_version(reader, kCursorRowVersion));
    VARVE_TRY(facts.floor, read_offset(reader));
    VARVE_TRY(facts.delivered_below, read_offset(reader));
    VARVE_TRY(check_end(reader));
    return facts;
}

std::string encode_return_row(uint32_t count) {
    std::string value;
    ByteWriter writer(value);
    writer.u8(kReturnRowVersion);
    writer.u32_le(count);
    return value;
}

Result<uint32_t> decode_return_row(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    VARVE_TRY(check_version(version, kReturnRowVersion));
    VARVE_TRY(const uint32_t count, reader.u32_le());
    VARVE_TRY(check_end(reader));
    return count;
}

std::string encode_definition_row(ByteView value) {
    std::string row;
    row.reserve(1 + value.size());
    ByteWriter writer(row);
    writer.u8(kDefinitionRowVersion);
    writer.bytes(value);
    return row;
}

Result<std::string> decode_definition_row(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    VARVE_TRY(check_version(version, kDefinitionRowVersion));
    VARVE_TRY(const ByteView rest, reader.bytes(reader.remaining()));
    return std::string(rest);
}

std::optional<Outcome> outcome_of_cursor(CursorId cursor) {
    if (cursor <= outcome_cursor(Outcome::acked) || cursor > outcome_cursor(Outcome::moved))
        return std::nullopt;
    return static_cast<Outcome>(cursor.value - kReservedCursors.value);
}

}  // namespace varve
