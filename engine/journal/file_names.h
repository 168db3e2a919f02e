// What the files in the journal's directory are called.
#pragma once

#include "engine/io/file_system.h"

#include <optional>
#include <string>

namespace varve::journal {

// `<16 hex digits>.vj`: in use, or not yet free again. The header on its first page is valid and
// durable.
std::string file_name(uint64_t sequence);
std::optional<uint64_t> sequence_of(const std::string& name);

// `<16 hex digits>.spare`: allocated in full, content of no meaning. `.new`: a spare in the making,
// to be deleted.
std::string spare_name(uint64_t number);
std::string unfinished_name(uint64_t number);
std::optional<uint64_t> spare_number_of(const std::string& name);
bool is_unfinished(const std::string& name);

}  // namespace varve::journal
