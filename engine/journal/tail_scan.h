// Reads one journal file's frames, and tells a torn tail from damage to what was confirmed.
#pragma once

#include "engine/base/hash.h"
#include "engine/journal/file_window.h"
#include "engine/journal/found_files.h"
#include "engine/journal/frame.h"

#include <optional>

namespace varve::journal {

struct FoundFrame {
    FrameHeader header;
    uint64_t offset = 0;
    ByteView payload;  // valid until the scan goes on
};

// What is behind the last good frame.
struct Tail {
    Bytes torn = 0;  // up to the end of the last frame that was begun there
    std::optional<uint64_t>
        proof_offset;  // of a good frame that proves the bad one to have been durable
    std::optional<uint64_t> resume_offset;  // of the next good frame, whatever it proves
};

// A frame is good if it carries the file's epoch and its own position, and verifies.
// Caller-serialised. The file outlives it.
class TailScan {
public:
    explicit TailScan(const FoundFile& found) : found_(found), window_(*found.file, found.size) {}

    // The good frame at `offset`, or nothing.
    Result<std::optional<FoundFrame>> frame_at(uint64_t offset);
    // The same, read from the file once more: the first time, the writer may have been in the
    // middle of it.
    Result<std::optional<FoundFrame>> frame_again_at(uint64_t offset);
    // Looks ahead of a bad frame. A later one whose `durable_before` lies beyond it proves that it
    // had been durable.
    Result<Tail> look_ahead(uint64_t bad_offset);

private:
    const FoundFile& found_;
    FileWindow window_;
    Xxh3Stream hasher_;
};

}  // namespace varve::journal
