#include "engine/data_directory.h"

#include <charconv>
#include <string>

namespace varve {
namespace {

constexpr ByteView kFormatPrefix = "varve data directory, format ";
constexpr size_t kFormatFileMax = 64;

Result<void> check_format(FileSystem& files, const Path& path) {
    VARVE_TRY(const auto file, files.open(path, OpenMode::read));
    std::string text(kFormatFileMax, '\0');
    VARVE_TRY(const size_t size, file->read_at(0, text));
    text.resize(size);
    uint32_t format = 0;
    const char* const end = text.data() + text.size();
    const bool known = text.starts_with(kFormatPrefix);
    const auto parsed =
        std::from_chars(text.data() + (known ? kFormatPrefix.size() : 0), end, format);
    if (!known || parsed.ec != std::errc() || ByteView(parsed.ptr, end) != "\n" || format == 0) {
        return Error{ErrorCode::corrupt,
                     path.string() + ": not the format of a varve data directory"};
    }
    if (format > kDirectoryFormat) {
        return Error{ErrorCode::newer_format,
                     path.string() + ": format " + std::to_string(format) +
                         ", this program knows " + std::to_string(kDirectoryFormat)};
    }
    return ok();
}

Result<void> check_empty(FileSystem& files, const Path& directory) {
    VARVE_TRY(const auto names, files.list(directory));
    if (names.empty()) return ok();
    return Error{ErrorCode::corrupt,
                 directory.string() + ": holds data, but the format file beside it is missing"};
}

// The format file comes last: with it, the directory is complete.
Result<void> create_contents(FileSystem& files, const Path& path) {
    for (const char* const name : {"journal", "store"}) {
        VARVE_TRY(files.create_directory(path / name));
        VARVE_TRY(check_empty(files, path / name));
    }
    const Path temporary = path / "format.new";
    VARVE_TRY(const auto file, files.open(temporary, OpenMode::create_or_truncate));
    VARVE_TRY(
        file->write_at(0, std::string(kFormatPrefix) + std::to_string(kDirectoryFormat) + "\n"));
    VARVE_TRY(file->sync());
    VARVE_TRY(files.rename(temporary, path / "format"));
    VARVE_TRY(files.sync_directory(path));
    return files.sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
}

}  // namespace

DataDirectory::DataDirectory(Path path, std::unique_ptr<FileLock> lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

Result<DataDirectory> DataDirectory::open(FileSystem& files, const Path& path) {
    VARVE_TRY(files.create_directory(path));
    VARVE_TRY(auto lock, files.lock(path / "lock"));
    if (const auto info = files.info(path / "format"); info) {
        VARVE_TRY(check_format(files, path / "format"));
    } else if (info.error().code == ErrorCode::not_found) {
        VARVE_TRY(create_contents(files, path));
    } else {
        return info.error();
    }
    return DataDirectory(path, std::move(lock));
}

Result<DataDirectory> DataDirectory::look_at(FileSystem& files, const Path& path) {
    const auto format = check_format(files, path / "format");
    if (format) return DataDirectory(path, nullptr);
    if (format.error().code != ErrorCode::not_found) return format.error();
    return Error{ErrorCode::not_found, path.string() + ": no data directory of varve here"};
}

}  // namespace varve
