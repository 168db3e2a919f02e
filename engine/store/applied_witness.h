// A small file that says how far the store had got: RocksDB takes damage at the end of its list of
// files for a write that never finished, and would quietly open an older state. Private to the
// store.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"

#include <optional>

namespace varve {

// Replaces the witness in `directory`. When it fails, the former one still holds: the store only
// ever goes forward.
Result<void> write_witness(FileSystem& files, const Path& directory, Position applied);

// None before the first checkpoint. `corrupt` if it does not verify.
Result<std::optional<Position>> read_witness(FileSystem& files, const Path& directory);

}  // namespace varve
