// Which files of the store to merge next. Pure: no disk, no RocksDB (docs/decisions/0003).
#pragma once

#include "engine/base/types.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace varve {

// A sorted file of the store. On one level the key ranges of files are disjoint; where ranges of
// different levels overlap, the lower level number is the newer one.
struct StoredFile {
    std::string name;
    int level = 0;
    Bytes size = 0;
    std::string first_key;
    std::string last_key;
};

// Files whose key ranges hang together: a reader of a key in there asks one file per level at most.
// Newest level first.
struct FileStack {
    std::vector<StoredFile> files;
    Bytes size = 0;
    std::string first_key;
    std::string last_key;
    int depth = 0;  // levels on which it has files
};

struct MergeLimits {
    int depth_max = 0;        // Files a reader has to ask; more of them are merged.
    Bytes dead_size_min = 0;  // Less than this is not worth a merge, however large its share.
    int level_count = 0;      // The deepest level is level_count - 1.
};

struct MergePlan {
    std::vector<std::string> files;
    Bytes size = 0;
    int output_level = 0;
};

// Groups them; stacks in key order.
std::vector<FileStack> stacks_of(std::vector<StoredFile> files);

// What to merge in a stack of which about `dead` bytes are trimmed: all of it when half of it is
// dead; else, when it is too deep, the run of neighbouring levels that costs the fewest bytes
// written per level saved.
std::optional<MergePlan> plan_merge(const FileStack& stack, Bytes dead, const MergeLimits& limits);

}  // namespace varve
