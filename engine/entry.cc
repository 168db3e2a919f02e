#include "engine/entry.h"

namespace varve {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
// clang 14 does not deduce aggregates without it.
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

EntryType type_of(const Entry& entry) {
    // The alternatives stand in the order of the numbers.
    return static_cast<EntryType>(entry.index() + 1);
}
static_assert(std::variant_size_v<Entry> == static_cast<size_t>(EntryType::hole));

void encode_header(std::string& out, EntryType type, size_t payload_size) {
    ByteWriter writer(out);
    writer.u8(static_cast<uint8_t>(type));
    writer.u8(kEntryVersion);
    writer.u16_le(0);
    writer.u32_le(kEntryEpoch);
    writer.u32_le(static_cast<uint32_t>(payload_size));
}

void encode_retention(ByteWriter& writer, const LogId& log, const RetentionPolicy& retention) {
    writer.bytes(log.view());
    writer.u64_le(retention.bytes);
    writer.i64_le(retention.age.count());
}

void encode_payload(std::string& out, const Entry& entry) {
    ByteWriter writer(out);
    std::visit(
        Overloaded{
            [&](const AppendEntry& e) { writer.bytes(e.log.view()), writer.bytes(e.batch); },
            [&](const SettleEntry& e) {
                writer.bytes(e.log.view());
                writer.u64_le(e.cursor.value);
                writer.u8(static_cast<uint8_t>(e.outcome));
                writer.bytes(e.ranges.encoded());
            },
            [&](const DeliveredEntry& e) {
                writer.bytes(e.log.view());
                writer.u64_le(e.cursor.value);
                writer.i64_le(e.below.value);
            },
            [&](const ReturnedEntry& e) {
                writer.bytes(e.log.view());
                writer.i64_le(e.offset.value);
                writer.u32_le(e.count);
            },
            [&](const TrimEntry& e) {
                writer.bytes(e.log.view());
                writer.i64_le(e.start.value);
            },
            [&](const PurgeEntry& e) {
                writer.bytes(e.log.view());
                RangeList::encode(out, e.range);
            },
            [&](const LogCreateEntry& e) { encode_retention(writer, e.log, e.retention); },
            [&](const LogRetentionEntry& e) { encode_retention(writer, e.log, e.retention); },
            [&](const LogDeleteEntry& e) { writer.bytes(e.log.view()); },
            [&](const CursorCreateEntry& e) {
                writer.bytes(e.log.view());
                writer.u64_le(e.cursor.value);
                writer.i64_le(e.floor.value);
            },
            [&](const CursorDeleteEntry& e) {
                writer.bytes(e.log.view());
                writer.u64_le(e.cursor.value);
            },
            [&](const PutEntry& e) {
                writer.u8(e.kind);
                writer.sized(e.id);
                writer.bytes(e.value);
            },
            [&](const EraseEntry& e) {
                writer.u8(e.kind);
                writer.sized(e.id);
            },
            [&](const BootEntry& e) { writer.u8(static_cast<uint8_t>(e.event)); },
            [&](const HoleEntry& e) {
                writer.bytes(e.log.view());
                RangeList::encode(out, e.range);
            },
        },
        entry);
}

// Payload fields, each checked for what no writer would have written.
class Payload {
public:
    explicit Payload(ByteView bytes) : reader_(bytes) {}

    Result<LogId> log() {
        VARVE_TRY(const ByteView id, reader_.bytes(16));
        return LogId{Id128::from_view(id)};
    }
    Result<CursorId> cursor() {
        VARVE_TRY(const uint64_t id, reader_.u64_le());
        return CursorId{id};
    }
    Result<Offset> offset() {
        VARVE_TRY(const int64_t value, reader_.i64_le());
        if (value < 0) return Error{ErrorCode::corrupt, "offset " + std::to_string(value)};
        return Offset{value};
    }
    Result<OffsetRange> range() {
        VARVE_TRY(const Offset begin, offset());
        VARVE_TRY(const Offset end, offset());
        if (end < begin)
            return Error{ErrorCode::corrupt, "offset range that ends before it begins"};
        return OffsetRange{begin, end};
    }
    Result<RangeList> ranges() {
        const ByteView encoded = rest();
        if (encoded.size() % RangeList::kRangeSize != 0) {
            return Error{ErrorCode::corrupt,
                         "offset ranges of " + std::to_string(encoded.size()) + " bytes"};
        }
        for (Payload each(encoded); !each.reader_.at_end();) VARVE_TRY(each.range());
        return RangeList(encoded);
    }
    Result<RetentionPolicy> retention() {
        VARVE_TRY(const Bytes bytes, reader_.u64_le());
        VARVE_TRY(const int64_t age, reader_.i64_le());
        if (age < 0)
            return Error{ErrorCode::corrupt, "retention of " + std::to_string(age) + " ms"};
        return RetentionPolicy{.bytes = bytes, .age = std::chrono::milliseconds(age)};
    }
    // A number from 1 to `last`.
    template <typename Enum>
    Result<Enum> choice(Enum last) {
        VARVE_TRY(const uint8_t value, reader_.u8());
        if (value < 1 || value > static_cast<uint8_t>(last)) {
            return Error{ErrorCode::corrupt, "unknown choice " + std::to_string(value)};
        }
        return static_cast<Enum>(value);
    }
    ByteView rest() { return *reader_.bytes(reader_.remaining()); }
    ByteReader& reader() { return reader_; }

private:
    ByteReader reader_;
};

template <typename E>
Result<Entry> decode_retention(Payload& payload) {
    VARVE_TRY(const LogId log, payload.log());
    VARVE_TRY(const RetentionPolicy retention, payload.retention());
    return Entry{E{log, retention}};
}

template <typename E>
Result<Entry> decode_cursor_offset(Payload& payload) {
    VARVE_TRY(const LogId log, payload.log());
    VARVE_TRY(const CursorId cursor, payload.cursor());
    VARVE_TRY(const Offset offset, payload.offset());
    return Entry{E{log, cursor, offset}};
}

Result<Entry> decode_settle(Payload& payload) {
    VARVE_TRY(const LogId log, payload.log());
    VARVE_TRY(const CursorId cursor, payload.cursor());
    VARVE_TRY(const Outcome outcome, payload.choice(Outcome::moved));
    VARVE_TRY(const RangeList ranges, payload.ranges());
    return Entry{SettleEntry{log, cursor, outcome, ranges}};
}

Result<Entry> decode_log_payload(EntryType type, Payload& payload) {
    VARVE_TRY(const LogId log, payload.log());
    switch (type) {
        case EntryType::append:
            return Entry{AppendEntry{log, payload.rest()}};
        case EntryType::returned: {
            VARVE_TRY(const Offset offset, payload.offset());
            VARVE_TRY(const uint32_t count, payload.reader().u32_le());
            return Entry{ReturnedEntry{log, offset, count}};
        }
        case EntryType::trim: {
            VARVE_TRY(const Offset start, payload.offset());
            return Entry{TrimEntry{log, start}};
        }
        case EntryType::purge: {
            VARVE_TRY(const OffsetRange range, payload.range());
            return Entry{PurgeEntry{log, range}};
        }
        case EntryType::hole: {
            VARVE_TRY(const OffsetRange range, payload.range());
            return Entry{HoleEntry{log, range}};
        }
        case EntryType::cursor_delete: {
            VARVE_TRY(const CursorId cursor, payload.cursor());
            return Entry{CursorDeleteEntry{log, cursor}};
        }
        default:
            return Entry{LogDeleteEntry{log}};
    }
}

Result<Entry> decode_definition(EntryType type, Payload& payload) {
    VARVE_TRY(const uint8_t kind, payload.reader().u8());
    VARVE_TRY(const ByteView id, payload.reader().sized());
    if (type == EntryType::erase) return Entry{EraseEntry{kind, id}};
    return Entry{PutEntry{kind, id, payload.rest()}};
}

Result<Entry> decode_payload(EntryType type, Payload& payload) {
    switch (type) {
        case EntryType::settle:
            return decode_settle(payload);
        case EntryType::delivered:
            return decode_cursor_offset<DeliveredEntry>(payload);
        case EntryType::cursor_create:
            return decode_cursor_offset<CursorCreateEntry>(payload);
        case EntryType::log_create:
            return decode_retention<LogCreateEntry>(payload);
        case EntryType::log_retention:
            return decode_retention<LogRetentionEntry>(payload);
        case EntryType::put:
        case EntryType::erase:
            return decode_definition(type, payload);
        case EntryType::boot: {
            VARVE_TRY(const auto event, payload.choice(BootEntry::Event::stopped));
            return Entry{BootEntry{event}};
        }
        default:
            return decode_log_payload(type, payload);
    }
}

}  // namespace

OffsetRange RangeList::operator[](size_t index) const {
    const char* at = encoded_.data() + index * kRangeSize;
    return {{static_cast<int64_t>(load_le<uint64_t>(at))},
            {static_cast<int64_t>(load_le<uint64_t>(at + 8))}};
}

void RangeList::encode(std::string& out, OffsetRange range) {
    ByteWriter writer(out);
    writer.i64_le(range.begin.value);
    writer.i64_le(range.end.value);
}

void encode_entry(std::string& out, const Entry& entry) {
    const size_t begin = out.size();
    encode_header(out, type_of(entry), 0);
    encode_payload(out, entry);
    const size_t payload_size = out.size() - begin - kEntryHeaderSize;
    store_le(out.data() + begin + kEntryHeaderSize - 4, static_cast<uint32_t>(payload_size));
}

void encode_append_prefix(std::span<char, kAppendPrefixSize> out,
                          const LogId& log,
                          Bytes batch_size) {
    out[0] = static_cast<char>(EntryType::append);
    out[1] = static_cast<char>(kEntryVersion);
    store_le<uint16_t>(&out[2], 0);
    store_le<uint32_t>(&out[4], kEntryEpoch);
    store_le(&out[8], static_cast<uint32_t>(log.bytes.size() + batch_size));
    log.view().copy(&out[kEntryHeaderSize], log.bytes.size());
}

Result<Entry> decode_entry(ByteReader& reader) {
    const size_t begin = reader.at();
    VARVE_TRY(const uint8_t type, reader.u8());
    VARVE_TRY(const uint8_t version, reader.u8());
    VARVE_TRY(reader.u16_le());
    VARVE_TRY(reader.u32_le());
    VARVE_TRY(const ByteView bytes, reader.sized());
    const auto describe = [&] {
        return "entry of type " + std::to_string(type) + ", version " + std::to_string(version) +
               " at byte " + std::to_string(begin) + " of its frame";
    };
    if (type == 0 || version == 0) return Error{ErrorCode::corrupt, describe()};
    if (type > static_cast<uint8_t>(EntryType::hole) || version > kEntryVersion) {
        return Error{ErrorCode::newer_format, describe()};
    }
    Payload payload(bytes);
    auto entry = decode_payload(static_cast<EntryType>(type), payload);
    if (!entry) return Error{ErrorCode::corrupt, describe() + ": " + entry.error().detail};
    if (!payload.reader().at_end())
        return Error{ErrorCode::corrupt, describe() + ": longer than its fields"};
    return entry;
}

const LogId* log_of(const Entry& entry) {
    return std::visit(
        [](const auto& e) -> const LogId* {
            if constexpr (requires { e.log; }) return &e.log;
            return nullptr;
        },
        entry);
}

}  // namespace varve
