// Where the oldest frames of a journal are.
#pragma once

#include "engine/base/types.h"
#include "engine/io/file_system.h"

#include <optional>

namespace varve {

// The position that the oldest file begins at; none if there is no file, or if it cannot be read.
std::optional<Position> journal_begin(FileSystem& files, const Path& journal);

}  // namespace varve
