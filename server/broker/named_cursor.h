// A reader's place that its broker keeps, under a name: the argument x-cursor of basic.consume.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "server/broker/queue_entry.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve {

// Of one queue: each keeps messages until it has read them.
constexpr size_t kNamedCursorsMax = 100;

// Where one is.
struct CursorFigures {
    Offset next;         // the first one it is not done with
    int64_t behind = 0;  // messages that it is not done with
    bool in_use = false;
};
struct CursorListing {
    std::string name;
    CursorFigures figures;
};

// `not_found`, for the client.
Error no_cursor(const QueueEntry& queue, std::string_view name);
// `precondition` unless it has 1 to 255 bytes, none of them a control character.
Result<void> check_cursor_name(std::string_view name);

}  // namespace varve
