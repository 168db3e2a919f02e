// Counts what is written to the disk, in passing it on.
#pragma once

#include "engine/io/file_system.h"

#include <atomic>
#include <memory>

namespace varve {

// Thread-safe.
class CountingFileSystem final : public FileSystem {
public:
    explicit CountingFileSystem(FileSystem& disk) : disk_(disk) {}

    Bytes written() const { return written_; }

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override {
        VARVE_TRY(auto file, disk_.open(path, mode));
        return std::unique_ptr<File>(std::make_unique<CountedFile>(std::move(file), written_));
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
    class CountedFile final : public File {
    public:
        CountedFile(std::unique_ptr<File> file, std::atomic<Bytes>& written)
            : file_(std::move(file)), written_(written) {}
        const Path& path() const override { return file_->path(); }
        Result<size_t> read_at(uint64_t at, std::span<char> into) const override {
            return file_->read_at(at, into);
        }
        Result<void> write_at(uint64_t at, ByteView bytes) override {
            written_ += bytes.size();
            return file_->write_at(at, bytes);
        }
        Result<void> write_at(uint64_t at, std::span<const ByteView> pieces) override {
            for (const ByteView piece : pieces) written_ += piece.size();
            return file_->write_at(at, pieces);
        }
        Result<void> sync() override { return file_->sync(); }
        Result<uint64_t> size() const override { return file_->size(); }
        Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
        Result<void> close() override { return file_->close(); }

    private:
        const std::unique_ptr<File> file_;
        std::atomic<Bytes>& written_;
    };

    FileSystem& disk_;
    std::atomic<Bytes> written_ = 0;
};

}  // namespace varve
