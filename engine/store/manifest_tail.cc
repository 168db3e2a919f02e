#include "engine/store/manifest_tail.h"

#include "engine/base/bytes.h"
#include "engine/store/crc32c.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>

namespace varve {
namespace {

// RocksDB's log format: blocks, filled with pieces of records that do not cross their ends. A piece
// is a header (masked CRC-32C u32 of type and content, size u16, type u8; little-endian) and
// content. What a header does not fit into, at the end of a block, is zeros.
constexpr size_t kBlockSize = 32_KiB;
constexpr size_t kHeaderSize = 4 + 2 + 1;
constexpr size_t kTypeAt = 4 + 2;

enum class PieceType : uint8_t { full = 1, first = 2, middle = 3, last = 4 };

bool begins_record(PieceType type) { return type == PieceType::full || type == PieceType::first; }
bool ends_record(PieceType type) { return type == PieceType::full || type == PieceType::last; }

// A checksum over data that itself holds checksums is masked, so that it is not a special case.
uint32_t masked(uint32_t checksum) { return std::rotr(checksum, 15) + 0xa282ead8; }

size_t end_of_block(size_t at) { return (at / kBlockSize + 1) * kBlockSize; }

struct Piece {
    PieceType type;
    size_t end;
};

// None if no intact piece begins at `at`.
std::optional<Piece> piece_at(ByteView bytes, size_t at) {
    const size_t block_end = std::min(end_of_block(at), bytes.size());
    if (at + kHeaderSize > block_end) return std::nullopt;
    const char* const header = bytes.data() + at;
    const auto type = static_cast<uint8_t>(header[kTypeAt]);
    const size_t size = load_le<uint16_t>(header + 4);
    if (type < 1 || type > 4 || at + kHeaderSize + size > block_end) return std::nullopt;
    if (load_le<uint32_t>(header) != masked(crc32c(bytes.substr(at + kTypeAt, 1 + size))))
        return std::nullopt;
    return Piece{static_cast<PieceType>(type), at + kHeaderSize + size};
}

// At any byte: after damage to a size nobody knows where the next piece begins.
bool has_record_from(ByteView bytes, size_t at) {
    for (; at + kHeaderSize <= bytes.size(); ++at) {
        const auto piece = piece_at(bytes, at);
        if (piece && begins_record(piece->type)) return true;
    }
    return false;
}

Result<std::string> read_whole(const File& file) {
    VARVE_TRY(const uint64_t size, file.size());
    std::string bytes(size, '\0');
    VARVE_TRY(const size_t read, file.read_at(0, bytes));
    bytes.resize(read);
    return bytes;
}

}  // namespace

Result<size_t> intact_size_of_manifest(ByteView manifest) {
    size_t intact = 0;
    bool within_record = false;
    for (size_t at = 0; at < manifest.size();) {
        if (at + kHeaderSize > end_of_block(at)) {
            at = end_of_block(at);
            continue;
        }
        const auto piece = piece_at(manifest, at);
        if (!piece || begins_record(piece->type) == within_record) {
            if (!has_record_from(manifest, at)) break;
            return Error{ErrorCode::corrupt,
                         "damaged at byte " + std::to_string(at) + ", with intact records behind"};
        }
        at = piece->end;
        within_record = !ends_record(piece->type);
        if (!within_record) intact = at;
    }
    return intact;
}

Result<size_t> intact_size_of_manifest(const File& file) {
    VARVE_TRY(const std::string bytes, read_whole(file));
    auto intact = intact_size_of_manifest(bytes);
    if (!intact)
        return Error{intact.error().code, file.path().string() + ": " + intact.error().detail};
    return intact;
}

Result<Path> current_manifest(FileSystem& files, const Path& directory) {
    VARVE_TRY(const auto current, files.open(directory / "CURRENT", OpenMode::read));
    VARVE_TRY(std::string name, read_whole(*current));
    if (name.ends_with('\n')) name.pop_back();
    return directory / name;
}

Result<bool> has_torn_manifest(FileSystem& files, const Path& directory) {
    const auto path = current_manifest(files, directory);
    if (!path) return false;
    const auto manifest = files.open(*path, OpenMode::read);
    if (!manifest) return false;
    VARVE_TRY(const std::string bytes, read_whole(**manifest));
    VARVE_TRY(const size_t intact, intact_size_of_manifest(**manifest));
    return bytes.find_first_not_of('\0', intact) != std::string::npos;
}

}  // namespace varve
