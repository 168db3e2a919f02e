// The key ranges of batches that no log reaches any more. Private to the store.
#pragma once

#include "engine/base/types.h"
#include "engine/store/trim_points.h"

#include <rocksdb/db.h>

#include <string>
#include <vector>

namespace varve {

struct KeyRange {
    std::string begin;
    std::string end;  // not included
};

// Everything between the live parts of logs: their trimmed beginnings, their holes,
// and deleted logs whole.
// Ascending.
std::vector<KeyRange> dead_batch_ranges(const TrimPoints& points);

// About how many bytes of the store's files each of the ranges holds.
std::vector<Bytes> sizes_on_disk(rocksdb::DB& db, const std::vector<KeyRange>& ranges);

}  // namespace varve
