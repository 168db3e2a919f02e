#include "engine/holes.h"

#include "engine/base/bytes.h"

#include <algorithm>
#include <utility>

namespace varve {

std::string encode_hole_row(Offset end) {
    std::string value;
    ByteWriter writer(value);
    writer.i64_le(end.value);
    writer.u8(kHoleRowVersion);
    return value;
}

Result<Offset> decode_hole_row(Offset base, ByteView value) {
    ByteReader reader(value);
    Offset end;
    VARVE_TRY(end.value, reader.i64_le());
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version == 0) return Error{ErrorCode::corrupt, "hole row version 0"};
    if (version > kHoleRowVersion)
        return Error{ErrorCode::newer_format, "hole row version " + std::to_string(version)};
    if (!reader.at_end()) return Error{ErrorCode::corrupt, "hole row longer than its fields"};
    if (end <= base) return Error{ErrorCode::corrupt, "hole of no records"};
    return end;
}

void Holes::add(OffsetRange range) {
    if (range.empty()) return;
    auto at = ends_.upper_bound(range.begin);
    if (at != ends_.begin() && std::prev(at)->second >= range.begin) --at;
    while (at != ends_.end() && at->first <= range.end) {
        range.begin = std::min(range.begin, at->first);
        range.end = std::max(range.end, at->second);
        dirty_.insert(at->first);
        at = ends_.erase(at);
    }
    ends_[range.begin] = range.end;
    dirty_.insert(range.begin);
}

void Holes::forget_below(Offset start) {
    while (!ends_.empty() && ends_.begin()->second <= start) {
        dirty_.erase(ends_.begin()->first);
        ends_.erase(ends_.begin());
    }
}

Offset Holes::beyond(Offset offset) const {
    const auto after = ends_.upper_bound(offset);
    return after == ends_.begin() ? offset : std::max(offset, std::prev(after)->second);
}

std::vector<OffsetRange> Holes::ranges() const {
    std::vector<OffsetRange> ranges;
    ranges.reserve(ends_.size());
    for (const auto& [base, end] : ends_) ranges.push_back({base, end});
    return ranges;
}

std::vector<Holes::Row> Holes::take_dirty() {
    std::vector<Row> rows;
    for (const Offset base : std::exchange(dirty_, {})) {
        const auto at = ends_.find(base);
        rows.push_back({base, at == ends_.end() ? std::nullopt : std::optional(at->second)});
    }
    return rows;
}

}  // namespace varve
