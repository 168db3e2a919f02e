// How far a long piece of work is, on stderr, for a person who watches.
#pragma once

#include "engine/base/types.h"
#include "engine/io/clock.h"

#include <chrono>

namespace varve {

// Appears when the work has taken a second, is redrawn ten times a second and gone at the end.
// Nothing is printed unless stderr is a terminal.
//
// Threading: Caller-serialised.
class ProgressBar {
public:
    explicit ProgressBar(const Clock& clock);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::string_view what, Bytes done, Bytes total);
    // Wipes the line, so that something else may be printed there.
    void wipe();

private:
    const Clock& clock_;
    const bool enabled_;
    std::chrono::nanoseconds next_;
    bool drawn_ = false;
};

}  // namespace varve
