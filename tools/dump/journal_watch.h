// Waits until a broker has written to its journal.
#pragma once

#include "engine/io/file_system.h"
#include "tools/terminal/interruption.h"

#include <chrono>

namespace varve {

// Woken by the kernel where the files are local; on a network file system it looks once a second.
//
// Threading: Caller-serialised.
class JournalWatch {
public:
    explicit JournalWatch(const Path& directory);
    ~JournalWatch();
    JournalWatch(const JournalWatch&) = delete;
    JournalWatch& operator=(const JournalWatch&) = delete;

    // reader_gone: nobody reads `output` any more. interrupted: SIGINT or SIGTERM.
    enum class Event : uint8_t { maybe_new, reader_gone, interrupted };
    Event wait(int output);

private:
    Interruption interruption_;
    int descriptor_;
};

}  // namespace varve
