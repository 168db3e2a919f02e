// What the script of a fuzzed session says things about: few names, so that they meet.
#pragma once

#include "tests/fuzz/session/fuzz_bytes.h"

#include <string>
#include <string_view>

namespace varve::vocabulary {

std::string_view queue(FuzzBytes& bytes);
std::string_view exchange(FuzzBytes& bytes);
std::string_view exchange_type(FuzzBytes& bytes);
std::string_view key(FuzzBytes& bytes);
std::string_view consumer_tag(FuzzBytes& bytes);
// Encoded tables: mostly what means something there, seldom bytes that are no table.
std::string queue_arguments(FuzzBytes& bytes);
std::string exchange_arguments(FuzzBytes& bytes);
std::string binding_arguments(FuzzBytes& bytes);
std::string consumer_arguments(FuzzBytes& bytes);
// A property list.
std::string properties(FuzzBytes& bytes);

}  // namespace varve::vocabulary
