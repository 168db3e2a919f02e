// Which of some names somebody meant who typed another one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace varve {

// The candidate that is fewest changes away (a byte put in, left out, replaced, or two swapped),
// the first of several. None if that is more than a third of what was typed, or 1 for short names.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace varve
