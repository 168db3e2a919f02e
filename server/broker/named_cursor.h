// A reader's place that its broker keeps, under a name: the argument x-cursor of basic.consume.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace varve {

// Of one queue: each keeps messages until it has read them.
constexpr size_t kNamedCursorsMax = 100;

// Every shard and every session finds the same id for a name. Two names with one id are as likely
// as two equal random numbers of 64 bits; the second one is refused.
CursorId cursor_id_of(std::string_view name);

// `precondition` unless it has 1 to 255 bytes, none of them a control character.
Result<void> check_cursor_name(std::string_view name);

}  // namespace varve
