// Bytes of unknown origin as text: for JSON, and for terminals, which must not take them for
// commands.
#pragma once

#include "engine/base/types.h"

#include <string>

namespace varve {

// Well-formed UTF-8 as Unicode defines it: no surrogates, nothing overlong, nothing beyond
// U+10FFFF.
bool is_utf8(ByteView bytes);
// Bytes of the well-formed character that `bytes` start with; 0 if they do not.
size_t utf8_character_size(ByteView bytes);

std::string base64(ByteView bytes);

// For a terminal, on one line: control characters, line ends and what is no UTF-8 become \n, \t,
// \x1b, ...; a backslash stays. Message content must go through this.
std::string one_line(ByteView bytes);
// The same, but line ends and tabs stay.
std::string many_lines(ByteView bytes);

// Columns that the text takes on a terminal; wide East Asian characters and emoji take two.
size_t column_count(std::string_view utf8);
// At most `columns` of it, with … at the end where something was cut off.
std::string cut_to_columns(std::string_view utf8, size_t columns);

}  // namespace varve
