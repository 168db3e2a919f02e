#include "engine/journal/active_file.h"

#include "engine/journal/file_names.h"

#include <array>

namespace varve::journal {
namespace {

static_assert(kPageSize % kPage == 0, "frames are written past the page cache");
constexpr std::array<char, kPageSize> kZeros{};

// Whatever the reason of a failed sync, trying again would prove nothing.
Result<void> synced(Result<void> result) {
    if (!result) return Error{ErrorCode::io, std::move(result).error().detail};
    return ok();
}

}  // namespace

Result<std::unique_ptr<ActiveFile>> ActiveFile::install(FileSystem& files,
                                                        const Path& directory,
                                                        const Path& spare,
                                                        FileHeader header) {
    const Path path = directory / file_name(header.sequence);
    {
        // The header first, then the name: a file that is called a journal file has a good header,
        // after any crash.
        VARVE_TRY(const auto file, files.open(spare, OpenMode::read_write));
        VARVE_TRY(header.file_size, file->size());
        VARVE_TRY(file->write_at(0, encode(header)));
        VARVE_TRY(synced(file->sync()));
    }
    VARVE_TRY(files.rename(spare, path));
    VARVE_TRY(synced(files.sync_directory(directory)));
    // Opened anew, so that errors name the file as it is called now.
    VARVE_TRY(auto file, files.open(path, OpenMode::overwrite_pages));
    const uint64_t size = header.file_size;
    return std::unique_ptr<ActiveFile>(new ActiveFile(std::move(file), header, size));
}

Result<void> ActiveFile::append(FrameHeader frame, std::span<const ByteView> payload) {
    frame.epoch = header_.epoch;
    const EncodedFrameHeader fields = encode(frame, payload, hasher_);
    const uint64_t padding = frame.size() - kFrameHeaderSize - frame.payload_size;
    pieces_.clear();
    pieces_.emplace_back(fields.data(), fields.size());
    pieces_.insert(pieces_.end(), payload.begin(), payload.end());
    pieces_.emplace_back(kZeros.data(), padding);
    return file_->write_at(header_.offset_of(frame.position), pieces_);
}

}  // namespace varve::journal
