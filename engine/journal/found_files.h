// The journal's files as a reader finds them, opened while somebody else may be recycling them.
#pragma once

#include "engine/io/file_system.h"
#include "engine/journal/file_header.h"
#include "engine/journal/journal.h"

#include <memory>
#include <string>
#include <vector>

namespace varve::journal {

struct FoundFile {
    std::unique_ptr<File> file;
    FileHeader header;
    Bytes size = 0;
};

struct FoundFiles {
    std::vector<FoundFile>
        files;  // in order; the first one begins at or before the position asked for
    std::vector<Path> unneeded;       // older ones, not even opened
    uint64_t sequence_end = 0;        // one more than the highest of any name
    std::vector<std::string> losses;  // damaged files, with OnDamage::skip
};

// Finds what is needed to read from `from` on. An absent directory holds no files.
// `corrupt` if a header does not verify, or if no file reaches back to `from`.
Result<FoundFiles> find_files(FileSystem& files,
                              const Path& directory,
                              Position from,
                              OnDamage on_damage);

// `busy` if the file was recycled since it was found: what was read of it meant nothing.
Result<void> check_not_recycled(const FoundFile& found);

}  // namespace varve::journal
