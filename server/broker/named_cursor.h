// A reader's place that its broker keeps, under a name: the argument x-cursor of basic.consume.
#pragma once

#include "engine/base/result.h"

#include <cstddef>
#include <string_view>

namespace varve {

// Of one queue: each keeps messages until it has read them.
constexpr size_t kNamedCursorsMax = 100;

// `precondition` unless it has 1 to 255 bytes, none of them a control character.
Result<void> check_cursor_name(std::string_view name);

}  // namespace varve
