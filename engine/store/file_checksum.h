// XXH3 over whole store files, kept by RocksDB beside their names: verify compares it. Private to
// the store.
#pragma once

#include <rocksdb/file_checksum.h>

#include <memory>
#include <string>

namespace varve {

constexpr char kFileChecksumName[] = "VarveXxh3";

// The checksum as RocksDB keeps it: eight bytes, little-endian.
std::string encode_file_checksum(uint64_t xxh3);

class FileChecksumFactory final : public rocksdb::FileChecksumGenFactory {
public:
    const char* Name() const override { return kFileChecksumName; }
    // Null for any other function than ours, as RocksDB asks for it.
    std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
        const rocksdb::FileChecksumGenContext& context) override;
};

}  // namespace varve
