// The directory that holds everything: who may use it, and which format it has.
#pragma once

#include "engine/base/result.h"
#include "engine/io/file_system.h"

#include <memory>

namespace varve {

// Raised when an older program could not read what this one writes (docs/storage-format.md,
// Versions).
constexpr uint32_t kDirectoryFormat = 1;

// Holds `lock`, `format` (one line of text), `journal/` and `store/`. Locked while it lives, if
// open() made it.
class DataDirectory {
public:
    // Opens it, creating it if absent or empty. `busy` if another process has it, `newer_format`,
    // `corrupt` if it holds something else.
    static Result<DataDirectory> open(FileSystem& files, const Path& path);
    // Finds it without locking it, for somebody who only reads. `not_found` if it is absent or
    // empty; otherwise as open().
    static Result<DataDirectory> look_at(FileSystem& files, const Path& path);

    Path journal() const { return path_ / "journal"; }
    Path store() const { return path_ / "store"; }
    Path lock() const { return path_ / "lock"; }
    const Path& path() const { return path_; }
    // Lets others have it.
    void release() { lock_.reset(); }

private:
    DataDirectory(Path path, std::unique_ptr<FileLock> lock);

    Path path_;
    std::unique_ptr<FileLock> lock_;
};

}  // namespace varve
