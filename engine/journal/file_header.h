// The first page of a journal file.
#pragma once

#include "engine/base/result.h"
#include "engine/journal/format.h"

#include <string>

namespace varve::journal {

struct FileHeader {
    uint64_t sequence = 0;  // as in the file's name
    uint64_t epoch = 0;     // random, of this use of the file: frames of a former use never match
    uint64_t boot = 0;
    Position start;          // of the first frame
    Position frames_before;  // end of the last frame before this file; everything below was durable
                             // by then
    uint64_t file_size = 0;  // allocated before it got its name: a file that is smaller was cut

    uint64_t offset_of(Position position) const { return kFileHeaderSize + (position - start); }
    Position position_at(uint64_t offset) const { return start + (offset - kFileHeaderSize); }
    bool operator==(const FileHeader&) const = default;
};

// A whole page.
std::string encode(const FileHeader& header);
// `corrupt` if it is not a valid header, `newer_format` if a newer version wrote it; says what is
// wrong, not where.
Result<FileHeader> decode_file_header(ByteView page);

}  // namespace varve::journal
