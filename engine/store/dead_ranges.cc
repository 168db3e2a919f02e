#include "engine/store/dead_ranges.h"

#include "engine/store/keys.h"

#include <algorithm>

namespace varve {

std::vector<KeyRange> dead_batch_ranges(const TrimPoints& points) {
    std::vector<KeyRange> ranges;
    std::string begin(1, keys::kBatch);
    const auto close = [&](std::string end) {
        if (begin < end) ranges.push_back({std::move(begin), std::move(end)});
    };
    for (const auto& [log, start, holes] : points.points()) {
        close(keys::batch_beyond(log, start));
        if (holes != nullptr) {
            for (const auto& [base, end] : *holes) {
                begin = keys::batch_beyond(log, std::max(base, start));
                close(keys::batch_beyond(log, end));
            }
        }
        begin = keys::end_of_log(keys::kBatch, log);
    }
    close(keys::end_of_kind(keys::kBatch));
    return ranges;
}

std::vector<Bytes> sizes_on_disk(rocksdb::DB& db, const std::vector<KeyRange>& ranges) {
    std::vector<rocksdb::Range> asked;
    asked.reserve(ranges.size());
    for (const KeyRange& range : ranges) asked.emplace_back(range.begin, range.end);
    std::vector<Bytes> sizes(ranges.size());
    const auto status =
        db.GetApproximateSizes(asked.data(), static_cast<int>(asked.size()), sizes.data());
    // An estimate that cannot be made is no estimate: nothing is merged for its sake.
    if (!status.ok()) sizes.assign(ranges.size(), 0);
    return sizes;
}

}  // namespace varve
