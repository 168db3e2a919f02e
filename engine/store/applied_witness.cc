#include "engine/store/applied_witness.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

#include <array>

namespace varve {
namespace {

// magic u32, version u16, reserved u16, applied u64, XXH3 u64 of what is before it. Little-endian.
constexpr uint32_t kMagic = 0x50415656;  // "VVAP"
constexpr uint16_t kVersion = 1;
constexpr size_t kSize = 4 + 2 + 2 + 8 + 8;
constexpr size_t kChecksumAt = kSize - 8;

Path path_in(const Path& directory) { return directory / "APPLIED"; }

Result<Position> decode(ByteView bytes) {
    ByteReader reader(bytes);
    VARVE_TRY(const uint32_t magic, reader.u32_le());
    VARVE_TRY(const uint16_t version, reader.u16_le());
    VARVE_TRY(reader.u16_le());
    VARVE_TRY(const uint64_t applied, reader.u64_le());
    VARVE_TRY(const uint64_t checksum, reader.u64_le());
    if (magic != kMagic || checksum != xxh3(bytes.substr(0, kChecksumAt))) {
        return Error{ErrorCode::corrupt, "checksum does not match"};
    }
    if (version > kVersion)
        return Error{ErrorCode::newer_format, "version " + std::to_string(version)};
    return Position{applied};
}

}  // namespace

Result<void> write_witness(FileSystem& files, const Path& directory, Position applied) {
    std::string bytes;
    ByteWriter writer(bytes);
    writer.u32_le(kMagic);
    writer.u16_le(kVersion);
    writer.u16_le(0);
    writer.u64_le(applied.value);
    writer.u64_le(xxh3(bytes));

    const Path fresh = directory / "APPLIED.new";
    VARVE_TRY(auto file, files.open(fresh, OpenMode::create_or_truncate));
    VARVE_TRY(file->write_at(0, bytes));
    VARVE_TRY(file->sync());
    VARVE_TRY(file->close());
    VARVE_TRY(files.rename(fresh, path_in(directory)));
    return files.sync_directory(directory);
}

Result<std::optional<Position>> read_witness(FileSystem& files, const Path& directory) {
    const Path path = path_in(directory);
    auto file = files.open(path, OpenMode::read);
    if (!file && file.error().code == ErrorCode::not_found) return std::optional<Position>();
    if (!file) return std::move(file).error();
    std::array<char, kSize + 1> bytes{};
    VARVE_TRY(const size_t size, (*file)->read_at(0, bytes));
    const auto applied = size == kSize
                             ? decode(ByteView(bytes.data(), size))
                             : Error{ErrorCode::corrupt, std::to_string(size) + " bytes long"};
    if (!applied) return Error{applied.error().code, path.string() + ": " + applied.error().detail};
    return std::optional(*applied);
}

}  // namespace varve
