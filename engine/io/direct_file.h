// A file that is overwritten page by page past the page cache.
#pragma once

#include "engine/io/posix_file.h"

#include <memory>

namespace varve {

// What is written goes from one aligned buffer to the disk: the kernel copies nothing, keeps no
// page of it, and sync() has nothing left to write but the disk's own cache. A file system that
// cannot do this gets the same writes through the page cache.
//
// Threading and failure as for File. Owns the descriptor. read_at() is `io`: see
// OpenMode::overwrite_pages.
class DirectFile final : public File {
public:
    DirectFile(Path path, int descriptor);

    const Path& path() const override { return file_.path(); }
    Result<size_t> read_at(uint64_t at, std::span<char> into) const override;
    Result<void> write_at(uint64_t at, ByteView bytes) override;
    Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) override;
    Result<void> sync() override { return file_.sync(); }
    Result<uint64_t> size() const override { return file_.size(); }
    Result<void> truncate(uint64_t size) override { return file_.truncate(size); }
    Result<void> close() override { return file_.close(); }

private:
    struct FreeBuffer {
        void operator()(char* bytes) const;
    };

    // An aligned address, and whole pages.
    Result<void> write_pages(uint64_t at, ByteView pages);

    PosixFile file_;
    int descriptor_;  // that of file_
    std::unique_ptr<char, FreeBuffer> buffer_;
};

}  // namespace varve
