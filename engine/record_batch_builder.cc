#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/batch_format.h"
#include "engine/record_batch.h"
#include "engine/record_codec.h"

#include <algorithm>
#include <utility>

namespace varve {

using namespace batch_format;

namespace {
// A first buffer holds a few small messages without growing; larger ones are met by what the last
// batch took.
constexpr size_t kFirstCapacity = 1024;
// The next buffer is not made larger than this ahead of need: a lone burst must not make every
// later batch costly.
constexpr size_t kCapacityHintMax = 2_MiB;
}  // namespace

RecordBatchBuilder::RecordBatchBuilder()
    : encoded_(kBatchHeaderSize, '\0'), capacity_hint_(kFirstCapacity) {}

void RecordBatchBuilder::make_room(size_t size) {
    const size_t wanted = encoded_.size() + size;
    if (wanted <= encoded_.capacity()) return;
    encoded_.reserve(std::max({wanted, 2 * encoded_.capacity(), capacity_hint_}));
}

void RecordBatchBuilder::add(const RecordView& record) {
    make_room(encoded_size(record));
    record_codec::append(encoded_, record);
    note_records(1, record.appended, record.appended, record.body.size());
}

void RecordBatchBuilder::add_records(const RecordBatch& batch) {
    VARVE_CHECK(count_ == 0 || batch.base() == merged_end_);
    const ByteView records = batch.encoded().substr(kBatchHeaderSize);
    make_room(records.size());
    encoded_.append(records);
    note_records(batch.count(),
                 batch.first_time(),
                 batch.max_time(),
                 batch.bodies_end() - batch.bodies_before());
    merged_end_ = batch.end();
}

void RecordBatchBuilder::note_records(uint32_t count,
                                      TimePoint first,
                                      TimePoint max,
                                      Bytes bodies) {
    if (count_ == 0) first_time_ = first;
    max_time_ = count_ == 0 ? max : std::max(max_time_, max);
    count_ += count;
    bodies_ += bodies;
}

std::shared_ptr<RecordBatch> RecordBatchBuilder::seal() {
    VARVE_CHECK(count_ > 0);
    VARVE_CHECK(encoded_.size() <= kBatchSizeMax);
    const ByteView records = ByteView(encoded_).substr(kBatchHeaderSize);
    char* const header = encoded_.data();
    store_le<uint16_t>(header + kMagicAt, kMagic);
    header[kVersionAt] = static_cast<char>(kVersion);
    header[kCodecAt] = static_cast<char>(kCodecNone);
    store_le<uint32_t>(header + kRecordCountAt, count_);
    store_le<uint32_t>(header + kRecordsSizeAt, static_cast<uint32_t>(records.size()));
    store_le<uint64_t>(header + kFirstTimeAt, static_cast<uint64_t>(first_time_.ms));
    store_le<uint64_t>(header + kMaxTimeAt, static_cast<uint64_t>(max_time_.ms));
    store_le<uint64_t>(header + kRecordsChecksumAt, xxh3(records));

    std::shared_ptr<RecordBatch> batch(new RecordBatch);
    batch->count_ = count_;
    batch->first_time_ = first_time_;
    batch->max_time_ = max_time_;
    batch->bodies_ = std::exchange(bodies_, 0);
    // A little more than this time, so that batches of about one size neither grow nor shrink.
    const size_t size = encoded_.size();
    capacity_hint_ = std::clamp(size + size / 8, kFirstCapacity, size_t{kCapacityHintMax});
    // A batch stays in memory until a checkpoint, so what doubling took too much is given back.
    if (encoded_.capacity() > size + size / 4) encoded_.shrink_to_fit();
    batch->encoded_ = std::move(encoded_);
    encoded_ = std::string(kBatchHeaderSize, '\0');
    count_ = 0;
    return batch;
}

BatchRef RecordBatchBuilder::seal_at(Offset base, Bytes bodies_before) {
    auto batch = seal();
    batch->assign_place(base, bodies_before);
    return batch;
}

}  // namespace varve
