// RocksDB's file system on ours, so that the store meets the same disk as the journal: in a test,
// one that loses power. Private to the store.
#pragma once

#include "engine/io/file_system.h"
#include "engine/store/rocks_files.h"
#include "engine/store/store.h"

#include <rocksdb/file_system.h>

#include <memory>
#include <string>
#include <vector>

namespace varve {

// In read_only mode every call that would change something is refused, whatever RocksDB may think
// of.
//
// Threading: Thread-safe.
class RocksFileSystem final : public rocksdb::FileSystem {
public:
    RocksFileSystem(varve::FileSystem& files, StoreMode mode) : files_(files), mode_(mode) {}

    const char* Name() const override { return "VarveFileSystem"; }

    rocksdb::IOStatus NewSequentialFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                        rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewWritableFile(const std::string& name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus ReopenWritableFile(const std::string& name,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* result,
                                         rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus NewDirectory(const std::string& name,
                                   const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* result,
                                   rocksdb::IODebugContext* debug) override;

    rocksdb::IOStatus FileExists(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetChildren(const std::string& directory,
                                  const rocksdb::IOOptions& options,
                                  std::vector<std::string>* result,
                                  rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus DeleteFile(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus CreateDir(const std::string& name,
                                const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus CreateDirIfMissing(const std::string& name,
                                         const rocksdb::IOOptions& options,
                                         rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus DeleteDir(const std::string& name,
                                const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetFileSize(const std::string& name,
                                  const rocksdb::IOOptions& options,
                                  uint64_t* size,
                                  rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetFileModificationTime(const std::string& name,
                                              const rocksdb::IOOptions& options,
                                              uint64_t* seconds,
                                              rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from,
                                 const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus LinkFile(const std::string& from,
                               const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus LockFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::FileLock** lock,
                               rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options,
                                       std::string* path,
                                       rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetAbsolutePath(const std::string& path,
                                      const rocksdb::IOOptions& options,
                                      std::string* absolute,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus GetFreeSpace(const std::string& path,
                                   const rocksdb::IOOptions& options,
                                   uint64_t* free,
                                   rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus IsDirectory(const std::string& path,
                                  const rocksdb::IOOptions& options,
                                  bool* is_directory,
                                  rocksdb::IODebugContext* debug) override;

private:
    bool is_read_only() const { return mode_ != StoreMode::read_write; }

    varve::FileSystem& files_;
    StoreMode mode_;
    std::shared_ptr<UnreadableFiles> unreadable_ = std::make_shared<UnreadableFiles>();
};

}  // namespace varve
