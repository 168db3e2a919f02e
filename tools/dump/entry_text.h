// One entry of the journal in words, and as JSON.
#pragma once

#include "engine/entry.h"
#include "tools/dump/directory_view.h"
#include "tools/text/json_writer.h"

#include <string>

namespace varve {

// "settle celery acked 5..9, 11..12". The view has the names.
std::string entry_text(const Entry& entry, const DirectoryView& view);
void write_json(JsonWriter& json, const Entry& entry, const DirectoryView& view);

}  // namespace varve
