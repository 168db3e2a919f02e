// Ctrl-C as something to wait for, so that a command can end between two lines of its output.
#pragma once

namespace varve {

// While it exists, the first SIGINT or SIGTERM only makes descriptor() readable. The second one
// ends the process: it may hang in a write that nobody reads.
//
// Threading: one at a time in a process.
class Interruption {
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    // For poll(): readable from the signal on.
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace varve
