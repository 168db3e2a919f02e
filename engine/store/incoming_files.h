// The sorted files of a checkpoint while they are nobody's. Private to the store.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace varve {

// Writes rows in key order, cut into files where that keeps what need not be merged apart from what
// must: a file that overlaps no other one goes to the bottom of the store and is never written
// again.
//
// Threading: Caller-serialised.
// Lifetime:  files that nobody adopted are removed with it.
class IncomingFiles {
public:
    struct Finished {
        std::string path;
        std::string checksum;  // file_checksum.h
        Bytes size = 0;
    };

    struct Where {
        Path directory;
        bool past_cache = false;  // the page cache
    };
    // Files are named by `next_name`, which all users of the directory share: a name is never used
    // twice, because the store may still hold what had it before.
    IncomingFiles(FileSystem& files,
                  const rocksdb::Options& options,
                  Where where,
                  std::atomic<uint64_t>& next_name);
    ~IncomingFiles();
    IncomingFiles(const IncomingFiles&) = delete;
    IncomingFiles& operator=(const IncomingFiles&) = delete;

    // Keys rise, but for those behind a cut(). `no_space` and `io` as the disk said; everything
    // fails from then on.
    Result<void> put(ByteView key, ByteView value);
    Result<void> erase(ByteView key);
    // The next key begins a new file.
    Result<void> cut();

    // All files, closed and durable.
    Result<std::vector<Finished>> finish();
    // The store has taken the files over.
    void adopted() { finished_.clear(); }

private:
    Result<rocksdb::SstFileWriter*> writer_for(ByteView key, size_t size);
    bool should_cut_before(ByteView key) const;

    FileSystem& files_;
    const rocksdb::Options& options_;
    Where where_;
    std::atomic<uint64_t>& next_name_;
    std::unique_ptr<rocksdb::SstFileWriter> writer_;  // null between files
    std::string path_;                                // of the open one
    std::string prefix_;                              // kind and log of the last key
    Bytes prefix_size_ = 0;                           // of rows with that prefix, in this file
    Bytes file_size_ = 0;
    std::vector<Finished> finished_;
};

}  // namespace varve
