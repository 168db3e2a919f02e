// Reading all of the store, to find damage before somebody needs what is damaged.
#include "engine/base/hash.h"
#include "engine/store/file_checksum.h"
#include "engine/store/rocks_status.h"
#include "engine/store/store.h"
#include "engine/store/store_impl.h"

#include <rocksdb/sst_file_reader.h>

#include <vector>

namespace varve {
namespace {

constexpr size_t kPieceSize = 1_MiB;

// The place inside of a damaged file, as far as its blocks tell.
std::string place_of_damage(const rocksdb::Options& options, const Path& path) {
    rocksdb::SstFileReader reader(options);
    auto status = reader.Open(path.string());
    if (status.ok()) status = reader.VerifyChecksum();
    return status.ok() ? "outside of its blocks" : status.ToString();
}

Result<std::string> checksum_of(FileSystem& files,
                                const Path& path,
                                const std::function<void(Bytes)>& progress) {
    VARVE_TRY(const auto file, files.open(path, OpenMode::read));
    Xxh3Stream stream;
    std::vector<char> piece(kPieceSize);
    for (uint64_t at = 0;;) {
        VARVE_TRY(const size_t size, file->read_at(at, piece));
        stream.update({piece.data(), size});
        at += size;
        if (size < piece.size()) return encode_file_checksum(stream.digest());
        progress(at);
    }
}

}  // namespace

Result<void> Store::verify(
    const std::function<void(const Path& file, Bytes done, Bytes total)>& progress) const {
    std::vector<rocksdb::LiveFileMetaData> live;
    impl_->db->GetLiveFilesMetaData(&live);
    for (const auto& file : live) {
        const Path path = impl_->directory / file.relative_filename;
        const auto checksum =
            checksum_of(*impl_->files, path, [&](Bytes done) { progress(path, done, file.size); });
        // A merge may have replaced it meanwhile: what it held was read, and verified, on the way.
        if (!checksum && checksum.error().code == ErrorCode::not_found && impl_->merger != nullptr)
            continue;
        if (!checksum) return checksum.error();
        if (*checksum != file.file_checksum) {
            return Error{ErrorCode::corrupt,
                         path.string() +
                             ": checksum does not match: " + place_of_damage(impl_->options, path)};
        }
        progress(path, file.size, file.size);
    }
    return ok();
}

}  // namespace varve
