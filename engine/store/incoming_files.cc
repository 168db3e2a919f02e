#include "engine/store/incoming_files.h"

#include "engine/store/keys.h"
#include "engine/store/rocks_status.h"

namespace varve {
namespace {

// A log that brought this much gets files of its own: small enough that a busy queue soon does,
// large enough that the number of files stays low.
constexpr Bytes kOwnFileSize = 4_MiB;
constexpr Bytes kFileSizeMax = 128_MiB;

}  // namespace

IncomingFiles::IncomingFiles(FileSystem& files,
                             const rocksdb::Options& options,
                             Where where,
                             std::atomic<uint64_t>& next_name)
    : files_(files), options_(options), where_(std::move(where)), next_name_(next_name) {}

IncomingFiles::~IncomingFiles() {
    if (writer_ != nullptr) {
        writer_.reset();
        discard(files_.remove(path_), "the next open removes it too");
    }
    for (const Finished& file : finished_)
        discard(files_.remove(file.path), "the next open removes it too");
}

Result<void> IncomingFiles::put(ByteView key, ByteView value) {
    VARVE_TRY(auto* const writer, writer_for(key, key.size() + value.size()));
    return result_of(writer->Put(slice_of(key), slice_of(value)), path_);
}

Result<void> IncomingFiles::erase(ByteView key) {
    VARVE_TRY(auto* const writer, writer_for(key, key.size()));
    return result_of(writer->Delete(slice_of(key)), path_);
}

bool IncomingFiles::should_cut_before(ByteView key) const {
    // Kinds have little in common in what becomes of them: batches are written once, rows again and
    // again.
    if (prefix_.front() != key.front()) return prefix_.front() <= keys::kBatch;
    if (key.front() != keys::kBatch) return false;
    if (file_size_ >= kFileSizeMax) return true;
    if (prefix_size_ < kOwnFileSize) return false;
    const bool same_log = key.substr(0, keys::kLogKeySize) == prefix_;
    return !same_log || prefix_size_ < file_size_;
}

Result<rocksdb::SstFileWriter*> IncomingFiles::writer_for(ByteView key, size_t size) {
    if (writer_ != nullptr && should_cut_before(key)) {
        VARVE_TRY(cut());
    }
    if (writer_ == nullptr) {
        path_ = (where_.directory / (std::to_string(next_name_++) + ".sst")).string();
        rocksdb::EnvOptions how(options_);
        how.use_direct_writes = where_.past_cache;
        writer_ = std::make_unique<rocksdb::SstFileWriter>(how, options_, nullptr, false);
        VARVE_TRY(result_of(writer_->Open(path_), path_));
        file_size_ = 0;
        prefix_.clear();
    }
    const ByteView prefix = key.substr(0, keys::kLogKeySize);
    if (prefix != prefix_) {
        prefix_ = prefix;
        prefix_size_ = 0;
    }
    prefix_size_ += size;
    file_size_ += size;
    return writer_.get();
}

Result<void> IncomingFiles::cut() {
    if (writer_ == nullptr) return ok();
    rocksdb::ExternalSstFileInfo info;
    VARVE_TRY(result_of(writer_->Finish(&info), path_));
    writer_.reset();
    finished_.push_back({path_, info.file_checksum, info.file_size});
    return ok();
}

Result<std::vector<IncomingFiles::Finished>> IncomingFiles::finish() {
    VARVE_TRY(cut());
    return finished_;
}

}  // namespace varve
