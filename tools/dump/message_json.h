// A message as one line of JSON (docs/dump.md, JSON).
#pragma once

#include "tools/dump/stored_message.h"

#include <string>

namespace varve {

// Raised when a field changes its meaning or goes; new fields come without.
constexpr int64_t kMessageJsonVersion = 1;

// With the line end.
std::string json_line(const StoredMessage& message);

}  // namespace varve
