// Reads a file front to back through one large buffer.
#pragma once

#include "engine/base/result.h"
#include "engine/io/file_system.h"

#include <vector>

namespace varve::journal {

// Caller-serialised. The file outlives it.
class FileWindow {
public:
    FileWindow(const File& file, uint64_t file_size) : file_(file), file_size_(file_size) {}

    // The bytes from `at` on: `size` of them, or fewer at the end of the file. Valid until the next
    // call.
    Result<ByteView> view(uint64_t at, uint64_t size);
    // The next view() reads from the file again: somebody may have written to it.
    void forget() { held_ = 0; }
    uint64_t file_size() const { return file_size_; }

private:
    const File& file_;
    uint64_t file_size_;
    uint64_t begin_ = 0;
    size_t held_ = 0;
    std::vector<char> buffer_;
};

}  // namespace varve::journal
