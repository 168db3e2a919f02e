// The journal file that is being appended to.
#pragma once

#include "engine/base/hash.h"
#include "engine/base/result.h"
#include "engine/io/file_system.h"
#include "engine/journal/file_header.h"
#include "engine/journal/frame.h"

#include <memory>
#include <span>
#include <vector>

namespace varve::journal {

// Threading: Caller-serialised.
// Failure:   as File. A failed append may have written anything behind the last frame.
class ActiveFile {
public:
    // Turns the spare file into the journal's next one. On return header and name are durable.
    // `no_space`: the file is still the spare it was. Anything else: it may be either after a
    // crash.
    static Result<std::unique_ptr<ActiveFile>> install(FileSystem& files,
                                                       const Path& directory,
                                                       const Path& spare,
                                                       FileHeader header);

    const Path& path() const { return file_->path(); }
    const FileHeader& header() const { return header_; }
    Bytes size() const { return size_; }
    bool has_room_for(uint64_t frame_size, Position position) const {
        return header_.offset_of(position) + frame_size <= size_;
    }

    // `frame` names its position; its epoch is the file's.
    Result<void> append(FrameHeader frame, std::span<const ByteView> payload);
    Result<void> sync() { return file_->sync(); }

private:
    ActiveFile(std::unique_ptr<File> file, const FileHeader& header, Bytes size)
        : file_(std::move(file)), header_(header), size_(size) {}

    std::unique_ptr<File> file_;
    const FileHeader header_;
    const Bytes size_;
    Xxh3Stream hasher_;
    std::vector<ByteView> pieces_;  // of the frame being written; kept for its capacity
};

}  // namespace varve::journal
