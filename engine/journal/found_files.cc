#include "engine/journal/found_files.h"

#include "engine/journal/file_names.h"

#include <algorithm>
#include <array>
#include <optional>

namespace varve {
namespace journal {
namespace {

// How often a listing is repeated because a file vanished between list() and open(). Each time, the
// journal's owner has used up a whole file: nobody loses this race often.
constexpr int kListingsMax = 10;

Result<FileHeader> read_header(const File& file) {
    std::array<char, kFileHeaderSize> page{};
    VARVE_TRY(const size_t size, file.read_at(0, page));
    return decode_file_header({page.data(), size});
}

Result<FoundFile> open_file(FileSystem& files, const Path& path, uint64_t sequence) {
    FoundFile found;
    VARVE_TRY(found.file, files.open(path, OpenMode::read));
    auto header = read_header(*found.file);
    if (!header) return Error{header.error().code, path.string() + ": " + header.error().detail};
    if (header->sequence != sequence) {
        return Error{ErrorCode::corrupt,
                     path.string() + ": file header: sequence " + std::to_string(header->sequence) +
                         " instead of that of its name"};
    }
    found.header = *header;
    VARVE_TRY(found.size, found.file->size());
    if (found.size < header->file_size) {
        return Error{ErrorCode::corrupt,
                     path.string() + ": cut short, " + std::to_string(found.size) + " of " +
                         std::to_string(header->file_size) + " bytes"};
    }
    return found;
}

Result<std::vector<uint64_t>> list_sequences(FileSystem& files, const Path& directory) {
    std::vector<uint64_t> sequences;
    const auto names = files.list(directory);
    if (!names && names.error().code == ErrorCode::not_found) return sequences;
    if (!names) return names.error();
    for (const std::string& name : *names) {
        if (const auto sequence = sequence_of(name)) sequences.push_back(*sequence);
    }
    return sequences;  // sorted, as the names are
}

// A name is never given twice: if it is gone, what was read belongs to the file's next use.
bool has_vanished(FileSystem& files, const Path& path) {
    const auto info = files.info(path);
    return !info && info.error().code == ErrorCode::not_found;
}

// Newest first, until one reaches back to `from`: older ones do not matter, damaged or not. Nothing
// if a file vanished.
Result<std::optional<FoundFiles>> try_to_find(FileSystem& files,
                                              const Path& directory,
                                              Position from,
                                              OnDamage on_damage) {
    VARVE_TRY(auto sequences, list_sequences(files, directory));
    FoundFiles found;
    if (!sequences.empty()) found.sequence_end = sequences.back() + 1;
    bool reaches_back = sequences.empty() && from == Position{};
    while (!sequences.empty() && !reaches_back) {
        const Path path = directory / file_name(sequences.back());
        auto file = open_file(files, path, sequences.back());
        if (file) {
            reaches_back = file->header.frames_before <= from;
            found.files.push_back(std::move(*file));
        } else if (has_vanished(files, path)) {
            return std::optional<FoundFiles>{};
        } else if (file.error().code == ErrorCode::corrupt && on_damage == OnDamage::skip) {
            found.losses.push_back(file.error().detail + ": the whole file is left out");
            found.unneeded.push_back(path);
        } else {
            return std::move(file).error();
        }
        sequences.pop_back();
    }
    std::reverse(found.files.begin(), found.files.end());
    for (const uint64_t sequence : sequences)
        found.unneeded.push_back(directory / file_name(sequence));
    if (!reaches_back) {
        const Position begin =
            found.files.empty() ? Position{} : found.files.front().header.frames_before;
        Error missing{ErrorCode::corrupt,
                      directory.string() + ": no file holds the journal from position " +
                          std::to_string(from.value) +
                          (found.files.empty() ? " on" : " to " + std::to_string(begin.value))};
        if (on_damage == OnDamage::refuse) return missing;
        found.losses.push_back(std::move(missing.detail));
    }
    return std::optional(std::move(found));
}

}  // namespace

Result<FoundFiles> find_files(FileSystem& files,
                              const Path& directory,
                              Position from,
                              OnDamage on_damage) {
    for (int listing = 0; listing < kListingsMax; ++listing) {
        VARVE_TRY(auto found, try_to_find(files, directory, from, on_damage));
        if (found) return std::move(*found);
    }
    return Error{ErrorCode::busy,
                 directory.string() + ": files are recycled faster than they can be opened"};
}

}  // namespace journal

Result<void> check_journal_exists(FileSystem& files, const Path& directory) {
    VARVE_TRY(const auto sequences, journal::list_sequences(files, directory));
    if (!sequences.empty()) return ok();
    return Error{ErrorCode::corrupt, directory.string() + ": the journal's files are missing"};
}

namespace journal {

Result<void> check_not_recycled(const FoundFile& found) {
    const auto header = read_header(*found.file);
    if (header && *header == found.header) return ok();
    if (!header && header.error().code == ErrorCode::io) return header.error();
    return Error{ErrorCode::busy, found.file->path().string() + ": recycled while it was read"};
}

}  // namespace journal
}  // namespace varve
