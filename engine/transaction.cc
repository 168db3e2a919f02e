#include "engine/transaction.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/entry.h"

namespace varve {

// Takes note of the entry that was just encoded at the end of entries_.
void Transaction::add_change(LogRef log) {
    const size_t begin = changes_.empty() ? 0 : changes_.back().end;
    changes_.push_back({.log = std::move(log), .begin = begin, .end = entries_.size()});
    last_settle_ = {};
}

void Transaction::append(LogRef log, std::shared_ptr<RecordBatch> batch) {
    VARVE_CHECK(log != nullptr && batch != nullptr && batch->count() > 0);
    if (appends_.empty()) batch_size_ = 0;  // a moved-from transaction starts again
    batch_size_ += batch->size();
    const size_t at = entries_.size();
    changes_.push_back({.begin = at, .end = at, .append = static_cast<int32_t>(appends_.size())});
    appends_.push_back({std::move(log), std::move(batch)});
    last_settle_ = {};
}

void Transaction::settle(LogRef log, CursorId cursor, OffsetRange range, Outcome outcome) {
    if (range.empty()) return;
    const bool same_entry = last_settle_.log == log.get() && !changes_.empty() &&
                            last_settle_.cursor == cursor && last_settle_.outcome == outcome;
    if (!same_entry) {
        std::string ranges;
        RangeList::encode(ranges, range);
        encode_entry(entries_, SettleEntry{log->id(), cursor, outcome, RangeList(ranges)});
        add_change(log);
        last_settle_ = {log.get(), cursor, outcome, range};
        return;
    }
    Change& change = changes_.back();
    if (last_settle_.range.end == range.begin) {
        last_settle_.range.end = range.end;
        entries_.resize(entries_.size() - RangeList::kRangeSize);
    } else {
        last_settle_.range = range;
    }
    RangeList::encode(entries_, last_settle_.range);
    change.end = entries_.size();
    const size_t payload_size = change.end - change.begin - kEntryHeaderSize;
    store_le(entries_.data() + change.begin + kEntryHeaderSize - 4,
             static_cast<uint32_t>(payload_size));
}

void Transaction::mark_delivered(LogRef log, CursorId cursor, Offset below) {
    encode_entry(entries_, DeliveredEntry{log->id(), cursor, below});
    add_change(std::move(log));
}

void Transaction::mark_returned(LogRef log, Offset offset, uint32_t count) {
    encode_entry(entries_, ReturnedEntry{log->id(), offset, count});
    add_change(std::move(log));
}

void Transaction::purge(LogRef log, OffsetRange range) {
    if (range.empty()) return;
    encode_entry(entries_, PurgeEntry{log->id(), range});
    add_change(std::move(log));
}

void Transaction::create_log(LogRef log) {
    encode_entry(entries_, LogCreateEntry{log->id(), log->retention()});
    add_change(std::move(log));
}

void Transaction::set_retention(LogRef log, RetentionPolicy policy) {
    encode_entry(entries_, LogRetentionEntry{log->id(), policy});
    add_change(std::move(log));
}

void Transaction::delete_log(LogRef log) {
    encode_entry(entries_, LogDeleteEntry{log->id()});
    add_change(std::move(log));
}

void Transaction::create_cursor(LogRef log, CursorId cursor, Offset floor) {
    encode_entry(entries_, CursorCreateEntry{log->id(), cursor, floor});
    add_change(std::move(log));
}

void Transaction::delete_cursor(LogRef log, CursorId cursor) {
    encode_entry(entries_, CursorDeleteEntry{log->id(), cursor});
    add_change(std::move(log));
}

void Transaction::put(CatalogueKey key, std::string value) {
    encode_entry(entries_, PutEntry{key.kind, key.id, value});
    add_change(nullptr);
}

void Transaction::erase(CatalogueKey key) {
    encode_entry(entries_, EraseEntry{key.kind, key.id});
    add_change(nullptr);
}

Bytes Transaction::size() const {
    return entries_.size() + appends_.size() * kAppendPrefixSize +
           (appends_.empty() ? 0 : batch_size_);
}

}  // namespace varve
