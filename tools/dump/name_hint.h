// What to say when no queue has the name that was asked for.
#pragma once

#include "tools/dump/directory_view.h"
#include "tools/dump/selector.h"
#include "tools/terminal/complaint.h"

#include <optional>
#include <string>

namespace varve {

// None if the selector wants some queue that is there, or if `queue` is empty.
std::optional<Complaint> missing_queue_hint(const DirectoryView& view,
                                            const Selector& selector,
                                            const std::string& queue);

}  // namespace varve
