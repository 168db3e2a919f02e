#include "engine/journal/file_header.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace varve::journal {
namespace {

constexpr size_t kHashAt = 16;

uint64_t hash_of(std::string page) {
    store_le<uint64_t>(page.data() + kHashAt, 0);
    return xxh3(page);
}

bool is_page_aligned(uint64_t value) { return value % kPageSize == 0; }

}  // namespace

std::string encode(const FileHeader& header) {
    std::string page;
    page.reserve(kFileHeaderSize);
    ByteWriter writer(page);
    writer.u64_le(kFileMagic);
    writer.u32_le(kFormatVersion);
    writer.u32_le(kPageSize);
    writer.u64_le(0);
    writer.u64_le(header.sequence);
    writer.u64_le(header.epoch);
    writer.u64_le(header.boot);
    writer.u64_le(header.start.value);
    writer.u64_le(header.frames_before.value);
    writer.u64_le(header.file_size);
    VARVE_CHECK(page.size() == kFileHeaderFieldsSize);
    page.resize(kFileHeaderSize);
    store_le(page.data() + kHashAt, hash_of(page));
    return page;
}

Result<FileHeader> decode_file_header(ByteView page) {
    if (page.size() < kFileHeaderSize) return Error{ErrorCode::corrupt, "file header: cut short"};
    page = page.substr(0, kFileHeaderSize);
    ByteReader reader(page);
    VARVE_TRY(const uint64_t magic, reader.u64_le());
    if (magic != kFileMagic) return Error{ErrorCode::corrupt, "file header: not a journal file"};
    VARVE_TRY(const uint32_t version, reader.u32_le());
    VARVE_TRY(const uint32_t page_size, reader.u32_le());
    VARVE_TRY(const uint64_t hash, reader.u64_le());
    if (hash != hash_of(std::string(page)))
        return Error{ErrorCode::corrupt, "file header: wrong checksum"};
    if (version > kFormatVersion || page_size != kPageSize) {
        return Error{ErrorCode::newer_format, "journal format version " + std::to_string(version)};
    }
    FileHeader header;
    VARVE_TRY(header.sequence, reader.u64_le());
    VARVE_TRY(header.epoch, reader.u64_le());
    VARVE_TRY(header.boot, reader.u64_le());
    VARVE_TRY(header.start.value, reader.u64_le());
    VARVE_TRY(header.frames_before.value, reader.u64_le());
    VARVE_TRY(header.file_size, reader.u64_le());
    const bool sane = header.frames_before <= header.start && header.start.value <= kPositionMax &&
                      is_page_aligned(header.start.value) &&
                      is_page_aligned(header.frames_before.value);
    if (!sane) return Error{ErrorCode::corrupt, "file header: impossible positions"};
    return header;
}

}  // namespace varve::journal
