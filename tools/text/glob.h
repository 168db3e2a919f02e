// Patterns for names: * stands for any run of bytes, ? for one; \ takes the next one as it is.
#pragma once

#include <string_view>

namespace varve {

// The whole name has to match. Linear in memory, at most pattern times name in time.
bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace varve
