// What a command prints: for people, or for programs.
#pragma once

#include "engine/base/result.h"
#include "tools/terminal/output.h"

#include <span>
#include <string>

namespace varve {

enum class OutputFormat : uint8_t { text, json, jsonl, raw };

// The format of that name if it is among the `allowed` ones; `invalid_argument` lists them.
Result<OutputFormat> parse_output_format(std::string_view name,
                                         std::span<const OutputFormat> allowed);

}  // namespace varve
