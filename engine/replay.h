// Applies the frames of the journal to the state in memory, as the committer did when it wrote
// them.
#pragma once

#include "engine/base/result.h"
#include "engine/engine_state.h"
#include "engine/journal/journal.h"

#include <string>
#include <vector>

namespace varve {

// With `losses`, entries that make no sense are left out and listed there, instead of ending the
// replay.
class Replay {
public:
    Replay(EngineState& state, std::vector<std::string>* losses) : state_(state), losses_(losses) {}

    // `corrupt` names the file, the byte and the position of the frame.
    Result<void> apply(const FrameView& frame);

    uint64_t frames() const { return frames_; }
    // Whether the last frame says that the program stopped in order.
    bool ends_with_stop() const { return ends_with_stop_; }

private:
    Result<void> apply_entry(const Entry& entry);

    EngineState& state_;
    std::vector<std::string>* const losses_;
    uint64_t frames_ = 0;
    bool ends_with_stop_ = false;
};

}  // namespace varve
