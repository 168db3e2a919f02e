#include "engine/record_batch.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/batch_format.h"
#include "engine/record_codec.h"

#include <limits>

namespace varve {

using namespace batch_format;

namespace {

Error damaged(std::string what) { return {ErrorCode::corrupt, "batch: " + std::move(what)}; }

uint64_t header_checksum(ByteView encoded) {
    char header[kBatchHeaderSize];
    encoded.copy(header, kBatchHeaderSize);
    store_le<uint64_t>(header + kHeaderChecksumAt, 0);
    return xxh3({header, sizeof header});
}

// Everything about the header but the record count, which only the walk over the records can
// confirm.
Result<void> check_header(ByteView encoded) {
    if (encoded.size() < kBatchHeaderSize) return damaged("shorter than its header");
    if (encoded.size() > kBatchSizeMax) return damaged("length " + std::to_string(encoded.size()));
    const char* const header = encoded.data();
    if (load_le<uint16_t>(header + kMagicAt) != kMagic) return damaged("no batch begins here");
    if (load_le<uint64_t>(header + kHeaderChecksumAt) != header_checksum(encoded)) {
        return damaged("header checksum does not match");
    }
    const auto version = static_cast<uint8_t>(header[kVersionAt]);
    const auto codec = static_cast<uint8_t>(header[kCodecAt]);
    if (version != kVersion || codec != kCodecNone) {
        return Error{
            ErrorCode::newer_format,
            "batch version " + std::to_string(version) + ", codec " + std::to_string(codec)};
    }
    if (load_le<uint32_t>(header + kReserved32At) != 0) return damaged("reserved field is set");
    return ok();
}

// Answers how long their bodies are, together.
Result<Bytes> check_records(ByteView records, uint32_t count) {
    size_t at = 0;
    Bytes bodies = 0;
    for (uint32_t i = 0; i < count; ++i) {
        auto size = record_codec::checked_size(records.substr(at));
        if (!size) return damaged("record " + std::to_string(i) + ": " + size.error().detail);
        bodies += record_codec::body_size(records.data() + at);
        at += *size;
    }
    if (at != records.size()) return damaged("bytes behind the last record");
    return bodies;
}

}  // namespace

Result<std::shared_ptr<const RecordBatch>> RecordBatch::decode(std::string encoded) {
    VARVE_TRY(check_header(encoded));
    const char* const header = encoded.data();
    const ByteView records = ByteView(encoded).substr(kBatchHeaderSize);
    if (load_le<uint32_t>(header + kRecordsSizeAt) != records.size()) {
        return damaged("records take " + std::to_string(records.size()) + " bytes, header says " +
                       std::to_string(load_le<uint32_t>(header + kRecordsSizeAt)));
    }
    if (load_le<uint64_t>(header + kRecordsChecksumAt) != xxh3(records)) {
        return damaged("records checksum does not match");
    }
    const auto count = load_le<uint32_t>(header + kRecordCountAt);
    const auto base = static_cast<int64_t>(load_le<uint64_t>(header + kBaseOffsetAt));
    if (count == 0) return damaged("no records");
    if (base < 0 || base > std::numeric_limits<int64_t>::max() - count) {
        return damaged("base offset " + std::to_string(base));
    }
    VARVE_TRY(const Bytes bodies, check_records(records, count));
    const auto bodies_before = load_le<uint64_t>(header + kBodiesBeforeAt);
    if (bodies_before > kBodiesMax) {
        return damaged(std::to_string(bodies_before) + " bytes of bodies before it");
    }

    std::shared_ptr<RecordBatch> batch(new RecordBatch);
    batch->base_ = {base};
    batch->count_ = count;
    batch->first_time_.ms = static_cast<int64_t>(load_le<uint64_t>(header + kFirstTimeAt));
    batch->max_time_.ms = static_cast<int64_t>(load_le<uint64_t>(header + kMaxTimeAt));
    batch->bodies_before_ = bodies_before;
    batch->bodies_ = bodies;
    batch->encoded_ = std::move(encoded);
    return std::shared_ptr<const RecordBatch>(std::move(batch));
}

RecordView RecordBatch::at(Offset offset) const {
    VARVE_CHECK(range().contains(offset));
    const char* from = encoded_.data() + kBatchHeaderSize;
    for (Offset i = base_; i < offset; i = i + 1) from += record_codec::size_at(from);
    return record_codec::decode(from);
}

void RecordBatch::assign_place(Offset base, Bytes bodies_before) {
    VARVE_CHECK(base >= Offset{});
    base_ = base;
    bodies_before_ = bodies_before;
    store_le<uint64_t>(encoded_.data() + kBodiesBeforeAt, bodies_before);
    store_le<uint64_t>(encoded_.data() + kBaseOffsetAt, static_cast<uint64_t>(base.value));
    store_le<uint64_t>(encoded_.data() + kHeaderChecksumAt, header_checksum(encoded_));
}

RecordCursor::RecordCursor(BatchRef batch, Offset from)
    : batch_(std::move(batch)), offset_(batch_->base()), byte_(kBatchHeaderSize) {
    VARVE_CHECK(from >= batch_->base() && from <= batch_->end());
    while (offset_ < from) next();
}

RecordView RecordCursor::record() const {
    VARVE_DCHECK(!at_end());
    return record_codec::decode(batch_->encoded_.data() + byte_);
}

void RecordCursor::next() {
    VARVE_DCHECK(!at_end());
    byte_ += record_codec::size_at(batch_->encoded_.data() + byte_);
    offset_ = offset_ + 1;
}

}  // namespace varve
