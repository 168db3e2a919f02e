// A disk that answers sync before the data is there: what the crash tests must catch.
#pragma once

#include "engine/io/file_system.h"

#include <memory>
#include <string>

namespace varve {

// Passes everything on to `disk`, but for syncs of files whose path contains `path_part`: those it
// swallows. Thread-safe as `disk` is.
class LyingFileSystem final : public FileSystem {
public:
    LyingFileSystem(FileSystem& disk, std::string path_part)
        : disk_(disk), path_part_(std::move(path_part)) {}

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        VARVE_TRY(auto file, disk_.open(path, mode));
        if (path.string().find(path_part_) == std::string::npos) return file;
        return std::unique_ptr<File>(std::make_unique<LyingFile>(std::move(file)));
    }
    Result<void> rename(const Path& from, const Path& to) override {
        return disk_.rename(from, to);
    }
    Result<void> link(const Path& from, const Path& to) override { return disk_.link(from, to); }
    Result<void> remove(const Path& path) override { return disk_.remove(path); }
    Result<void> create_directory(const Path& path) override {
        return disk_.create_directory(path);
    }
    Result<void> remove_directory(const Path& path) override {
        return disk_.remove_directory(path);
    }
    Result<void> sync_directory(const Path& path) override { return disk_.sync_directory(path); }
    Result<std::vector<std::string>> list(const Path& directory) override {
        return disk_.list(directory);
    }
    Result<FileInfo> info(const Path& path) override { return disk_.info(path); }
    Result<DiskSpace> space(const Path& path) override { return disk_.space(path); }
    Result<std::unique_ptr<FileLock>> lock(const Path& path) override { return disk_.lock(path); }
    Result<bool> is_locked(const Path& path) override { return disk_.is_locked(path); }

private:
    class LyingFile final : public File {
    public:
        explicit LyingFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
        const Path& path() const override { return file_->path(); }
        Result<size_t> read_at(uint64_t at, std::span<char> into) const override {
            return file_->read_at(at, into);
        }
        Result<void> write_at(uint64_t at, ByteView bytes) override {
            return file_->write_at(at, bytes);
        }
        Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) override {
            return file_->write_at(at, pieces);
        }
        Result<void> sync() override { return ok(); }
        Result<uint64_t> size() const override { return file_->size(); }
        Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
        Result<void> close() override { return file_->close(); }

    private:
        std::unique_ptr<File> file_;
    };

    FileSystem& disk_;
    const std::string path_part_;
};

}  // namespace varve
