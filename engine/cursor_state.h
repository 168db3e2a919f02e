// What one reader of a log has settled, and what it may have been given before.
#pragma once

#include "engine/settled_set.h"

namespace varve {

// Caller-serialised: a log guards its cursors.
struct CursorState {
    explicit CursorState(Offset floor, Offset delivered = {})
        : settled(floor), delivered_below(delivered) {}

    SettledSet settled;
    Offset delivered_below;
    bool dirty = true;  // its row in the store is behind
};

}  // namespace varve
