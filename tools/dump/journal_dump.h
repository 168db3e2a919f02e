// Prints the frames of the journal, entry by entry.
#pragma once

#include "engine/io/file_system.h"
#include "tools/dump/output_format.h"
#include "tools/terminal/output.h"

namespace varve {

// From the oldest frame that the journal still holds; what a restart would read again is in the
// newer ones. Answers how many were printed. `raw` prints their payloads. Errors as
// Snapshot::open(), and those of the output.
Result<int64_t> dump_journal(const Path& directory,
                             OutputFormat format,
                             int64_t limit,
                             Output& output);

}  // namespace varve
