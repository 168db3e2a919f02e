// One open file of the machine, and how its errno values become errors.
#pragma once

#include "engine/io/file_system.h"

namespace varve {

// The error for `number` (an errno value): what was being done, to which path, and the system's
// words.
Error posix_error(int number, std::string_view doing, const Path& path);

// Threading and failure as for File. Owns the descriptor.
class PosixFile final : public File {
public:
    PosixFile(Path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    ~PosixFile() override;
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;

    const Path& path() const override { return path_; }
    Result<size_t> read_at(uint64_t at, std::span<char> into) const override;
    Result<void> write_at(uint64_t at, ByteView bytes) override;
    Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) override;
    Result<void> sync() override;
    Result<uint64_t> size() const override;
    Result<void> truncate(uint64_t size) override;
    Result<void> close() override;

private:
    Path path_;
    int descriptor_;  // -1 once closed: every call then fails with EBADF
};

}  // namespace varve
