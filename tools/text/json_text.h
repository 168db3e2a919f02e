// JSON that came from somebody else: is it, and what are its parts? Values stay text; nothing is
// converted.
#pragma once

#include "engine/base/types.h"

#include <optional>
#include <string>
#include <vector>

namespace varve {

// Nothing that people send is near it; it bounds the stack.
constexpr int kJsonDepthMax = 128;

// The same value without white space, so that it fits on one line; none if `text` is not exactly
// one JSON value in UTF-8 (RFC 8259), or nested too deep.
std::optional<std::string> compact_json(ByteView text);

// The elements of an array that compact_json() gave; none if it is no array.
std::optional<std::vector<std::string_view>> json_elements(std::string_view compact);

}  // namespace varve
