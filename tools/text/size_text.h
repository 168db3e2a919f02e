// Sizes and counts as people read them.
#pragma once

#include "engine/base/types.h"

#include <string>

namespace varve {

// "214 B", "1.4 KiB", "41.2 GiB".
std::string size_text(Bytes size);
// "48,201,774".
std::string count_text(int64_t count);

}  // namespace varve
