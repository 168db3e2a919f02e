#include "engine/record_codec.h"

#include "engine/base/bytes.h"
#include "engine/batch_format.h"

#include <limits>

namespace varve {

using namespace batch_format;

size_t encoded_size(const RecordView& record) {
    return kRecordHeaderSize + (record.expires ? kExpiresSize : 0) + record.exchange.size() +
           record.routing_key.size() + record.properties.size() + record.body.size();
}

namespace {

uint64_t size_before_body(const char* from) {
    const bool expires = (static_cast<uint8_t>(from[kRecordFlagsAt]) & kHasExpiry) != 0;
    return uint64_t{kRecordHeaderSize} + (expires ? kExpiresSize : 0) +
           static_cast<uint8_t>(from[kExchangeSizeAt]) +
           static_cast<uint8_t>(from[kRoutingKeySizeAt]) +
           load_le<uint32_t>(from + kPropertiesSizeAt);
}

}  // namespace

namespace record_codec {

void append(std::string& out, const RecordView& record) {
    constexpr size_t kNameMax = std::numeric_limits<uint8_t>::max();
    VARVE_CHECK(record.exchange.size() <= kNameMax);
    VARVE_CHECK(record.routing_key.size() <= kNameMax);
    const size_t size = encoded_size(record);
    VARVE_CHECK(size <= kBatchSizeMax);

    char header[kRecordHeaderSize + kExpiresSize];
    store_le<uint32_t>(header + kRecordSizeAt, static_cast<uint32_t>(size - sizeof(uint32_t)));
    header[kRecordFlagsAt] = record.expires ? static_cast<char>(kHasExpiry) : '\0';
    header[kExchangeSizeAt] = static_cast<char>(record.exchange.size());
    header[kRoutingKeySizeAt] = static_cast<char>(record.routing_key.size());
    header[kRecordReservedAt] = '\0';
    store_le<uint32_t>(header + kPropertiesSizeAt, static_cast<uint32_t>(record.properties.size()));
    store_le<uint64_t>(header + kAppendedAt, static_cast<uint64_t>(record.appended.ms));
    size_t header_size = kRecordHeaderSize;
    if (record.expires) {
        store_le<uint64_t>(header + kRecordHeaderSize, static_cast<uint64_t>(record.expires->ms));
        header_size += kExpiresSize;
    }
    out.append(header, header_size);
    out.append(record.exchange);
    out.append(record.routing_key);
    out.append(record.properties);
    out.append(record.body);
}

size_t size_at(const char* from) {
    return sizeof(uint32_t) + load_le<uint32_t>(from + kRecordSizeAt);
}

size_t body_size(const char* from) { return size_at(from) - size_before_body(from); }

RecordView decode(const char* from) {
    const char* const end = from + size_at(from);
    RecordView record;
    record.appended.ms = static_cast<int64_t>(load_le<uint64_t>(from + kAppendedAt));
    const char* at = from + kRecordHeaderSize;
    if ((static_cast<uint8_t>(from[kRecordFlagsAt]) & kHasExpiry) != 0) {
        record.expires = TimePoint{static_cast<int64_t>(load_le<uint64_t>(at))};
        at += kExpiresSize;
    }
    const auto take = [&at](size_t size) {
        const ByteView field(at, size);
        at += size;
        return field;
    };
    record.exchange = take(static_cast<uint8_t>(from[kExchangeSizeAt]));
    record.routing_key = take(static_cast<uint8_t>(from[kRoutingKeySizeAt]));
    record.properties = take(load_le<uint32_t>(from + kPropertiesSizeAt));
    record.body = ByteView(at, static_cast<size_t>(end - at));
    return record;
}

Result<size_t> checked_size(ByteView bytes) {
    if (bytes.size() < kRecordHeaderSize)
        return Error{ErrorCode::corrupt, "record header is cut short"};
    const char* const from = bytes.data();
    const uint64_t size = uint64_t{sizeof(uint32_t)} + load_le<uint32_t>(from + kRecordSizeAt);
    if (size > bytes.size()) return Error{ErrorCode::corrupt, "record ends beyond its batch"};
    const auto flags = static_cast<uint8_t>(from[kRecordFlagsAt]);
    if ((flags & ~kHasExpiry) != 0 || from[kRecordReservedAt] != '\0') {
        return Error{ErrorCode::corrupt, "record has unknown flags"};
    }
    if (size_before_body(from) > size)
        return Error{ErrorCode::corrupt, "record fields are longer than the record"};
    return static_cast<size_t>(size);
}

}  // namespace record_codec
}  // namespace varve
