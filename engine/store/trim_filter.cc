#include "engine/store/trim_filter.h"

#include "engine/base/bytes.h"
#include "engine/store/keys.h"
#include "engine/store/rocks_status.h"

#include <string>

namespace varve {
namespace {

bool belongs_to_log(char kind) {
    return kind == keys::kBatch || kind == keys::kReturn || kind == keys::kSegment ||
           kind == keys::kHole || kind == keys::kCursor || kind == keys::kChunk;
}

class TrimFilter final : public rocksdb::CompactionFilter {
public:
    explicit TrimFilter(std::shared_ptr<const TrimPoints> points) : points_(std::move(points)) {}

    const char* Name() const override { return "VarveTrimFilter"; }

    Decision FilterV2(int /*level*/,
                      const rocksdb::Slice& key,
                      ValueType type,
                      const rocksdb::Slice& value,
                      std::string* /*new_value*/,
                      std::string* skip_until) const override {
        if (type != ValueType::kValue) return Decision::kKeep;
        *skip_until = skip_from_trimmed(*points_, view_of(key), view_of(value));
        return skip_until->empty() ? Decision::kKeep : Decision::kRemoveAndSkipUntil;
    }

private:
    std::shared_ptr<const TrimPoints> points_;
};

// Where to go on after a batch that is not needed.
std::string skip_from_batch(const TrimPoints::Point& point, ByteView key) {
    const auto range = keys::parse_batch(key);
    if (!range) return {};
    if (range->end <= point.start) return keys::batch_beyond(point.log, point.start);
    if (point.holes == nullptr) return {};
    const auto after = point.holes->upper_bound(range->begin);
    if (after == point.holes->begin()) return {};
    const Offset end = std::prev(after)->second;
    return range->end <= end ? keys::batch_beyond(point.log, end) : std::string();
}

}  // namespace

std::string skip_from_trimmed(const TrimPoints& points, ByteView key, ByteView value) {
    if (key.empty() || !belongs_to_log(key.front())) return {};
    const auto log = keys::parse_log(key);
    if (!log) return {};
    const TrimPoints::Point* point = points.find(*log);
    if (point == nullptr) return keys::end_of_log(key.front(), *log);
    const Offset start = point->start;
    switch (key.front()) {
        case keys::kBatch:
            return skip_from_batch(*point, key);
        case keys::kReturn: {
            const auto offset = keys::parse_offset(key);
            return offset && *offset < start ? keys::returned(*log, start) : std::string();
        }
        case keys::kHole:
        case keys::kSegment: {
            if (value.size() < sizeof(uint64_t)) return {};
            const Offset end{static_cast<int64_t>(load_le<uint64_t>(value.data()))};
            return end <= start ? std::string(key) + '\0' : std::string();
        }
        default:
            return {};
    }
}

std::unique_ptr<rocksdb::CompactionFilter> TrimFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
    return std::make_unique<TrimFilter>(points_->get());
}

}  // namespace varve
