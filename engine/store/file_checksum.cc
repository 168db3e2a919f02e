#include "engine/store/file_checksum.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace varve {
namespace {

class Generator final : public rocksdb::FileChecksumGenerator {
public:
    void Update(const char* data, size_t size) override { stream_.update({data, size}); }
    void Finalize() override {}
    std::string GetChecksum() const override { return encode_file_checksum(stream_.digest()); }
    const char* Name() const override { return kFileChecksumName; }

private:
    Xxh3Stream stream_;
};

}  // namespace

std::string encode_file_checksum(uint64_t xxh3) {
    std::string encoded;
    ByteWriter(encoded).u64_le(xxh3);
    return encoded;
}

std::unique_ptr<rocksdb::FileChecksumGenerator> FileChecksumFactory::CreateFileChecksumGenerator(
    const rocksdb::FileChecksumGenContext& context) {
    const std::string& wanted = context.requested_checksum_func_name;
    if (!wanted.empty() && wanted != kFileChecksumName) return nullptr;
    return std::make_unique<Generator>();
}

}  // namespace varve
