// The version of this program, for --version, start-up and the server properties.
#pragma once

#include <string_view>

namespace varve {

constexpr std::string_view kVersion = VARVE_VERSION;  // CMake's project version

}  // namespace varve
