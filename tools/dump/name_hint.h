// What to say when nothing is there of what was asked for.
#pragma once

#include "tools/dump/directory_view.h"
#include "tools/dump/selector.h"
#include "tools/terminal/complaint.h"

#include <optional>
#include <string>

namespace varve {

// None if the selector wants some queue that is there, or if it names none.
std::optional<Complaint> missing_queue_hint(const DirectoryView& view,
                                            const Selector& selector,
                                            const SelectorText& text);

// No message matched: which offsets there are to choose from.
Complaint no_match_hint(const DirectoryView& view, const Selector& selector);

}  // namespace varve
