#include "engine/store/rocks_file_system.h"

#include "engine/store/manifest_tail.h"
#include "engine/store/rocks_status.h"

namespace varve {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {
IOStatus refused(const std::string& name) {
    return IOStatus::NotSupported(name + ": opened to be read only");
}

bool is_manifest(const Path& path) { return path.filename().string().starts_with("MANIFEST-"); }
}  // namespace

IOStatus RocksFileSystem::NewSequentialFile(const std::string& name,
                                            const FileOptions& /*options*/,
                                            std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                            IODebugContext* /*debug*/) {
    auto file = files_.open(name, OpenMode::read);
    if (!file) return io_status_of(file);
    uint64_t size_max = RocksSequentialFile::kToItsEnd;
    if (is_manifest(name)) {
        const auto intact = intact_size_of_manifest(**file);
        if (!intact) return io_status_of(intact);
        size_max = *intact;
    }
    *result = std::make_unique<RocksSequentialFile>(std::move(*file), size_max);
    return IOStatus::OK();
}

IOStatus RocksFileSystem::NewRandomAccessFile(const std::string& name,
                                              const FileOptions& /*options*/,
                                              std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                              IODebugContext* /*debug*/) {
    // The name LevelDB would have given a file that is not there under ours: the message is to tell
    // ours.
    Path path = name;
    if (path.extension() == ".ldb") path.replace_extension(".sst");
    auto file = files_.open(path, OpenMode::read);
    if (file) *result = std::make_unique<RocksRandomAccessFile>(std::move(*file), unreadable_);
    return io_status_of(file);
}

IOStatus RocksFileSystem::NewWritableFile(const std::string& name,
                                          const FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* result,
                                          IODebugContext* /*debug*/) {
    if (is_read_only()) return refused(name);
    auto file = files_.open(name, OpenMode::create_or_truncate);
    if (file && options.use_direct_writes) file = files_.open(name, OpenMode::overwrite_pages);
    if (!file) return io_status_of(file);
    if (is_manifest(name)) {
        *result = std::make_unique<RocksManifestFile>(std::move(*file), 0);
    } else if (options.use_direct_writes) {
        *result = std::make_unique<RocksPagesFile>(std::move(*file), 0);
    } else {
        *result = std::make_unique<RocksWritableFile>(std::move(*file), 0);
    }
    return IOStatus::OK();
}

IOStatus RocksFileSystem::ReopenWritableFile(const std::string& name,
                                             const FileOptions& /*options*/,
                                             std::unique_ptr<rocksdb::FSWritableFile>* result,
                                             IODebugContext* /*debug*/) {
    if (is_read_only()) return refused(name);
    // Each open begins a new one: what came behind a torn end would be lost.
    if (is_manifest(name)) return IOStatus::NotSupported(name + ": is never appended to again");
    auto file = files_.open(name, OpenMode::read_write);
    if (!file && file.error().code == ErrorCode::not_found)
        file = files_.open(name, OpenMode::create_new);
    if (!file) return io_status_of(file);
    const auto size = (*file)->size();
    if (size) *result = std::make_unique<RocksWritableFile>(std::move(*file), *size);
    return io_status_of(size);
}

IOStatus RocksFileSystem::NewDirectory(const std::string& name,
                                       const IOOptions& /*options*/,
                                       std::unique_ptr<rocksdb::FSDirectory>* result,
                                       IODebugContext* /*debug*/) {
    *result = std::make_unique<RocksDirectory>(files_, name);
    return IOStatus::OK();
}

IOStatus RocksFileSystem::FileExists(const std::string& name,
                                     const IOOptions& /*options*/,
                                     IODebugContext* /*debug*/) {
    const auto info = files_.info(name);
    if (!info && info.error().code == ErrorCode::not_found)
        return IOStatus::NotFound(info.error().detail);
    return io_status_of(info);
}

IOStatus RocksFileSystem::GetChildren(const std::string& directory,
                                      const IOOptions& /*options*/,
                                      std::vector<std::string>* result,
                                      IODebugContext* /*debug*/) {
    auto names = files_.list(directory);
    if (names) *result = std::move(*names);
    return io_status_of(names);
}

IOStatus RocksFileSystem::DeleteFile(const std::string& name,
                                     const IOOptions& /*options*/,
                                     IODebugContext* /*debug*/) {
    return is_read_only() ? refused(name) : io_status_of(files_.remove(name));
}

IOStatus RocksFileSystem::CreateDir(const std::string& name,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
    if (FileExists(name, options, debug).ok()) return IOStatus::IOError(name + ": exists already");
    return CreateDirIfMissing(name, options, debug);
}

IOStatus RocksFileSystem::CreateDirIfMissing(const std::string& name,
                                             const IOOptions& options,
                                             IODebugContext* debug) {
    if (is_read_only()) return FileExists(name, options, debug);
    return io_status_of(files_.create_directory(name));
}

IOStatus RocksFileSystem::DeleteDir(const std::string& name,
                                    const IOOptions& /*options*/,
                                    IODebugContext* /*debug*/) {
    return is_read_only() ? refused(name) : io_status_of(files_.remove_directory(name));
}

IOStatus RocksFileSystem::GetFileSize(const std::string& name,
                                      const IOOptions& /*options*/,
                                      uint64_t* size,
                                      IODebugContext* /*debug*/) {
    const auto info = files_.info(name);
    if (info) *size = info->size;
    return io_status_of(info);
}

IOStatus RocksFileSystem::GetFileModificationTime(const std::string& name,
                                                  const IOOptions& /*options*/,
                                                  uint64_t* seconds,
                                                  IODebugContext* /*debug*/) {
    const auto info = files_.info(name);
    if (info) *seconds = static_cast<uint64_t>(info->modified.ms / 1000);
    return io_status_of(info);
}

IOStatus RocksFileSystem::RenameFile(const std::string& from,
                                     const std::string& to,
                                     const IOOptions& /*options*/,
                                     IODebugContext* /*debug*/) {
    if (is_read_only()) return refused(from);
    // RocksDB renames to make CURRENT name a new list of files, whose own name no sync has made
    // durable yet.
    const auto synced = files_.sync_directory(Path(from).parent_path());
    return io_status_of(synced ? files_.rename(from, to) : synced);
}

IOStatus RocksFileSystem::LinkFile(const std::string& from,
                                   const std::string& to,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
    if (is_read_only()) return refused(from);
    // This is how a file is taken over. RocksDB reads its first and last key before, and takes a
    // block that it cannot read for the end of the file: it would adopt it with a wrong range, and
    // never find some of its keys again.
    if (unreadable_->contains(from)) return IOStatus::IOError(from + ": could not be read");
    return io_status_of(files_.link(from, to));
}

IOStatus RocksFileSystem::LockFile(const std::string& name,
                                   const IOOptions& /*options*/,
                                   rocksdb::FileLock** lock,
                                   IODebugContext* /*debug*/) {
    if (is_read_only()) return refused(name);
    auto held = files_.lock(name);
    if (held)
        *lock = std::make_unique<RocksFileLock>(std::move(*held))
                    .release();  // UnlockFile() takes it back
    return io_status_of(held);
}

IOStatus RocksFileSystem::UnlockFile(rocksdb::FileLock* lock,
                                     const IOOptions& /*options*/,
                                     IODebugContext* /*debug*/) {
    const std::unique_ptr<rocksdb::FileLock> held(lock);
    return IOStatus::OK();
}

IOStatus RocksFileSystem::GetTestDirectory(const IOOptions& /*options*/,
                                           std::string* /*path*/,
                                           IODebugContext* /*debug*/) {
    return IOStatus::NotSupported("no test directory");
}

IOStatus RocksFileSystem::GetAbsolutePath(const std::string& path,
                                          const IOOptions& /*options*/,
                                          std::string* absolute,
                                          IODebugContext* /*debug*/) {
    *absolute = path;  // One directory holds everything: nobody needs two spellings of it to agree.
    return IOStatus::OK();
}

IOStatus RocksFileSystem::GetFreeSpace(const std::string& path,
                                       const IOOptions& /*options*/,
                                       uint64_t* free,
                                       IODebugContext* /*debug*/) {
    const auto space = files_.space(path);
    if (space) *free = space->free;
    return io_status_of(space);
}

IOStatus RocksFileSystem::IsDirectory(const std::string& path,
                                      const IOOptions& /*options*/,
                                      bool* is_directory,
                                      IODebugContext* /*debug*/) {
    const auto info = files_.info(path);
    if (info) *is_directory = info->is_directory;
    return io_status_of(info);
}

}  // namespace varve
