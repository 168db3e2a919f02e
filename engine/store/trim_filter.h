// Drops at compaction what no log needs any more. Private to the store.
#pragma once

#include "engine/store/trim_points.h"

#include <rocksdb/compaction_filter.h>

#include <memory>
#include <utility>

namespace varve {

// Makes filters that drop the rows of deleted logs, and of the others what lies below their start,
// batches, segments, holes and returns, and the batches that lie in holes. A dropped row leaves no
// tombstone: an older row of the same key may come to light again, but is below the same line, so
// that it will be dropped too, and Store::load() does not show it.
class TrimFilterFactory final : public rocksdb::CompactionFilterFactory {
public:
    explicit TrimFilterFactory(std::shared_ptr<const CurrentTrimPoints> points)
        : points_(std::move(points)) {}

    const char* Name() const override { return "VarveTrimFilter"; }
    std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
        const rocksdb::CompactionFilter::Context& context) override;

private:
    std::shared_ptr<const CurrentTrimPoints> points_;
};

// The rule itself: where to go on after the row, or an empty string if the row stays.
std::string skip_from_trimmed(const TrimPoints& points, ByteView key, ByteView value);

}  // namespace varve
