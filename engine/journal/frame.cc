#include "engine/journal/frame.h"

#include "engine/base/bytes.h"

namespace varve::journal {
namespace {

// Fields in the order and at the places that format.h names.
struct FieldWriter {
    char* to;
    template <typename T>
    void operator()(T value) {
        store_le(to, value);
        to += sizeof value;
    }
};
struct FieldReader {
    const char* from;
    template <typename T>
    T take() {
        const T value = load_le<T>(from);
        from += sizeof value;
        return value;
    }
};

}  // namespace

EncodedFrameHeader encode(const FrameHeader& header,
                          std::span<const ByteView> payload,
                          Xxh3Stream& hasher) {
    EncodedFrameHeader bytes{};
    FieldWriter put{bytes.data()};
    put(kFrameMagic);
    put(header.payload_size);
    put(uint64_t{0});
    put(header.epoch);
    put(header.position.value);
    put(header.durable_before.value);
    put(header.boot);
    put(static_cast<uint64_t>(header.written.ms));
    put(header.entry_count);
    put(header.flags);
    hasher.reset();
    hasher.update({bytes.data(), bytes.size()});
    for (const ByteView piece : payload) hasher.update(piece);
    store_le(bytes.data() + kFrameHashAt, hasher.digest());
    return bytes;
}

std::optional<FrameHeader> decode_frame_header(ByteView bytes, uint64_t epoch, Position position) {
    if (bytes.size() < kFrameHeaderSize) return std::nullopt;
    FieldReader fields{bytes.data()};
    if (fields.take<uint32_t>() != kFrameMagic) return std::nullopt;
    FrameHeader header;
    header.payload_size = fields.take<uint32_t>();
    header.hash = fields.take<uint64_t>();
    header.epoch = fields.take<uint64_t>();
    header.position.value = fields.take<uint64_t>();
    header.durable_before.value = fields.take<uint64_t>();
    header.boot = fields.take<uint64_t>();
    header.written.ms = static_cast<int64_t>(fields.take<uint64_t>());
    header.entry_count = fields.take<uint32_t>();
    header.flags = fields.take<uint32_t>();
    if (header.epoch != epoch || header.position != position) return std::nullopt;
    if (header.payload_size > kPayloadSizeMax || header.durable_before > position)
        return std::nullopt;
    return header;
}

bool verifies(const FrameHeader& header, ByteView frame, Xxh3Stream& hasher) {
    EncodedFrameHeader fields{};
    frame.copy(fields.data(), kFrameHeaderSize);
    store_le<uint64_t>(fields.data() + kFrameHashAt, 0);
    hasher.reset();
    hasher.update({fields.data(), fields.size()});
    hasher.update(frame.substr(kFrameHeaderSize, header.payload_size));
    return hasher.digest() == header.hash;
}

}  // namespace varve::journal
