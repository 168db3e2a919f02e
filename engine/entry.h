// One change as it stands in a frame of the journal. Format: docs/storage-format.md, Entries.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/log.h"
#include "engine/options.h"

#include <span>
#include <string>
#include <variant>

namespace varve {

// Numbers of the format: never given to something else.
enum class EntryType : uint8_t {
    append = 1,
    settle = 2,
    delivered = 3,
    returned = 4,
    trim = 5,
    purge = 6,
    log_create = 7,
    log_retention = 8,
    log_delete = 9,
    cursor_create = 10,
    cursor_delete = 11,
    put = 12,
    erase = 13,
    boot = 14,
    hole = 15,
};

// type u8, version u8, reserved u16, epoch u32, payload size u32; then the payload. Little-endian.
constexpr size_t kEntryHeaderSize = 1 + 1 + 2 + 4 + 4;
static_assert(kEntryHeaderSize == 12, "docs/storage-format.md, Entries");
constexpr uint8_t kEntryVersion = 1;
// Who gave the order. One node orders its own changes; a replicated journal will count its leaders
// here.
constexpr uint32_t kEntryEpoch = 0;
// In front of an append's batch: the header and the log id.
constexpr size_t kAppendPrefixSize = kEntryHeaderSize + 16;

// Offset ranges as encoded: begin i64, end i64 each. Borrows its bytes.
class RangeList {
public:
    static constexpr size_t kRangeSize = 16;

    RangeList() = default;
    // A whole number of ranges, each checked: decode_entry() does so.
    explicit RangeList(ByteView encoded) : encoded_(encoded) {}

    size_t count() const { return encoded_.size() / kRangeSize; }
    OffsetRange operator[](size_t index) const;
    ByteView encoded() const { return encoded_; }
    static void encode(std::string& out, OffsetRange range);

private:
    ByteView encoded_;
};

// What each type says. Views borrow from the bytes that were decoded. All of them may be applied
// twice without harm.
struct AppendEntry {
    LogId log;
    ByteView batch;  // encoded, its base offset inside; not verified by decode_entry()
};
struct SettleEntry {
    LogId log;
    CursorId cursor;
    Outcome outcome = Outcome::acked;
    RangeList ranges;
};
struct DeliveredEntry {
    LogId log;
    CursorId cursor;
    Offset below;
};
struct ReturnedEntry {
    LogId log;
    Offset offset;
    uint32_t count = 0;
};
struct TrimEntry {
    LogId log;
    Offset start;
};
struct PurgeEntry {
    LogId log;
    OffsetRange range;
};
struct LogCreateEntry {
    LogId log;
    RetentionPolicy retention;
};
struct LogRetentionEntry {
    LogId log;
    RetentionPolicy retention;
};
struct LogDeleteEntry {
    LogId log;
};
struct CursorCreateEntry {
    LogId log;
    CursorId cursor;
    Offset floor;
};
struct CursorDeleteEntry {
    LogId log;
    CursorId cursor;
};
struct PutEntry {
    uint8_t kind = 0;
    ByteView id;
    ByteView value;
};
struct EraseEntry {
    uint8_t kind = 0;
    ByteView id;
};
// Where a run of the program begins, in its first frame, and where it ends: the last entry after a
// clean stop.
struct BootEntry {
    enum class Event : uint8_t { started = 1, stopped = 2 };
    Event event = Event::started;
};
// Retention decided that these records go, between others that stay: all cursors have settled them.
struct HoleEntry {
    LogId log;
    OffsetRange range;
};

using Entry = std::variant<AppendEntry,
                           SettleEntry,
                           DeliveredEntry,
                           ReturnedEntry,
                           TrimEntry,
                           PurgeEntry,
                           LogCreateEntry,
                           LogRetentionEntry,
                           LogDeleteEntry,
                           CursorCreateEntry,
                           CursorDeleteEntry,
                           PutEntry,
                           EraseEntry,
                           BootEntry,
                           HoleEntry>;

// Adds the entry to `out`.
void encode_entry(std::string& out, const Entry& entry);
// Writes what stands in front of a batch of `batch_size` bytes; the batch must follow.
void encode_append_prefix(std::span<char, kAppendPrefixSize> out,
                          const LogId& log,
                          Bytes batch_size);

// Reads the next entry. `corrupt` if it makes no sense, `newer_format` for a type or version this
// program is too old for.
Result<Entry> decode_entry(ByteReader& reader);

// The log an entry is about; null for definitions and boot.
const LogId* log_of(const Entry& entry);

}  // namespace varve
