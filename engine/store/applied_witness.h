// A small file that says how far the store had got: damage at the end of RocksDB's list of files
// looks like a write that never finished (manifest_tail.h), and an older state would be opened
// quietly. Private to the store.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"

#include <optional>

namespace varve {

// Replaces the witness in `directory`. When it fails, the former one still holds: the store only
// ever goes forward.
Result<void> write_witness(FileSystem& files, const Path& directory, Position applied);

// None before the store was in use. `corrupt` if it does not verify.
Result<std::optional<Position>> read_witness(FileSystem& files, const Path& directory);

}  // namespace varve
