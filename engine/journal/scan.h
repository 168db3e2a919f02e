// One pass over the journal from a position to its end: recovery, and the dump tool through
// scan_journal().
#pragma once

#include "engine/journal/found_files.h"
#include "engine/journal/journal.h"

#include <vector>

namespace varve::journal {

// A file whose header is good.
struct ScannedFile {
    Path path;
    FileHeader header;
    Bytes size = 0;
    Position frames_end;  // of its last good frame; `header.frames_before` if it has none
    bool holds_frames = false;
};

struct ScanOutcome {
    TailReport tail;
    std::vector<ScannedFile> files;  // in order
    std::vector<Path> unneeded;      // older ones
    uint64_t sequence_end = 0;       // one more than the highest of any file's name
    uint64_t boot = 0;               // highest found
    Position frames_end;             // of the last good frame
    Position proven_end;  // a frame or a file header says that everything below is durable
    Position beyond;      // nothing was ever written at or beyond this position
};

// As scan_journal(). With OnDamage::skip damage is left out and told in `tail.losses`.
Result<ScanOutcome> scan(FileSystem& files,
                         const Path& directory,
                         Position from,
                         const FrameVisitor& visit,
                         OnDamage on_damage);

}  // namespace varve::journal
