// Any bytes are either a batch whose records can all be read, or refused. Checksums are set right
// in a second try: else nothing would ever get past them.
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/batch_format.h"
#include "engine/record_batch.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace varve;

size_t total_size(const RecordView& record) {
    return record.exchange.size() + record.routing_key.size() + record.properties.size() +
           record.body.size();
}

void read_all(std::string bytes) {
    const size_t size = bytes.size();
    const auto decoded = RecordBatch::decode(std::move(bytes));
    if (!decoded) return;
    size_t read = 0;
    uint32_t count = 0;
    for (RecordCursor cursor(*decoded, (*decoded)->base()); !cursor.at_end(); cursor.next()) {
        read += total_size(cursor.record());
        ++count;
    }
    VARVE_CHECK(count == (*decoded)->count());
    VARVE_CHECK(read < size);
}

std::string with_checksums(std::string bytes) {
    using namespace batch_format;
    if (bytes.size() < kBatchHeaderSize) return bytes;
    char* const header = bytes.data();
    store_le<uint16_t>(header + kMagicAt, kMagic);
    header[kVersionAt] = static_cast<char>(kVersion);
    header[kCodecAt] = static_cast<char>(kCodecNone);
    const ByteView records = ByteView(bytes).substr(kBatchHeaderSize);
    store_le<uint32_t>(header + kRecordsSizeAt, static_cast<uint32_t>(records.size()));
    store_le<uint32_t>(header + kReserved32At, 0);
    store_le<uint64_t>(header + kReserved64At, 0);
    store_le<uint64_t>(header + kRecordsChecksumAt, xxh3(records));
    store_le<uint64_t>(header + kHeaderChecksumAt, 0);
    store_le<uint64_t>(header + kHeaderChecksumAt,
                       xxh3(ByteView(bytes).substr(0, kBatchHeaderSize)));
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string bytes(data, data + size);
    read_all(bytes);
    read_all(with_checksums(std::move(bytes)));
    return 0;
}
