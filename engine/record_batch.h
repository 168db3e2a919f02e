// Records as stored, and runs of them as one commit adds them to one log. Format:
// docs/storage-format.md, Batch.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <memory>
#include <optional>
#include <string>

namespace varve {

// One message as stored. The views borrow from the batch. Everything here is opaque to the engine
// but the times, and how long the bodies are.
struct RecordView {
    TimePoint appended;
    std::optional<TimePoint> expires;  // decided once, when it was appended
    ByteView exchange;                 // at most 255 bytes
    ByteView routing_key;              // at most 255 bytes
    ByteView properties;  // the AMQP property list (flags and values) as the bytes that came in
    ByteView body;
};

constexpr size_t kBatchHeaderSize = 64;
constexpr Bytes kBatchSizeMax = 1_GiB;  // header included; a length beyond this is damage, not data

// Encoded bytes a record takes in a batch.
size_t encoded_size(const RecordView& record);

// A sealed run of records: immutable, and verified against its checksum where it came from a disk.
//
// Its place in the log, base offset and bodies before it, is unknown until the commit that orders
// it (0 until then); only the committer sets it. Threading: Immutable once committed; shared
// between the engine, queues and consumers, which end independently.
class RecordBatch {
public:
    // Checks lengths, counts and both checksums; `corrupt` says which one. Takes over the bytes.
    static Result<std::shared_ptr<const RecordBatch>> decode(std::string encoded);

    Offset base() const { return base_; }
    Offset end() const { return base_ + count_; }
    OffsetRange range() const { return {base(), end()}; }
    uint32_t count() const { return count_; }
    TimePoint first_time() const { return first_time_; }
    TimePoint max_time() const { return max_time_; }
    // Bytes of the bodies of all records of the log, from its very first one, up to this batch; and
    // with this batch. So a sum over any part of the log takes no more than looking at its two
    // ends.
    Bytes bodies_before() const { return bodies_before_; }
    Bytes bodies_end() const { return bodies_before_ + bodies_; }
    // Header and records: what the journal and the store hold.
    ByteView encoded() const { return encoded_; }
    Bytes size() const { return encoded_.size(); }

    // The record at `offset`, which must be in range(). Walks from the start: use RecordCursor for
    // runs.
    RecordView at(Offset offset) const;

private:
    friend class RecordBatchBuilder;
    friend class RecordCursor;
    friend class GroupCommit;
    RecordBatch() = default;
    // Writes them and the header checksum. Once, before anybody else sees the batch.
    void assign_place(Offset base, Bytes bodies_before);

    std::string encoded_;
    Offset base_;
    uint32_t count_ = 0;
    TimePoint first_time_;
    TimePoint max_time_;
    Bytes bodies_before_ = 0;
    Bytes bodies_ = 0;
};
using BatchRef = std::shared_ptr<const RecordBatch>;

// Walks the records of a batch in order. Keeps the batch alive.
class RecordCursor {
public:
    RecordCursor() = default;
    // Stands on `from`, which must be in the batch's range or its end.
    RecordCursor(BatchRef batch, Offset from);

    bool at_end() const { return batch_ == nullptr || offset_ >= batch_->end(); }
    Offset offset() const { return offset_; }
    RecordView record() const;  // not at the end
    void next();
    const BatchRef& batch() const { return batch_; }

private:
    BatchRef batch_;
    Offset offset_;
    size_t byte_ = 0;
};

// Collects records into a batch. One per log and turn; the buffer grows by doubling.
class RecordBatchBuilder {
public:
    RecordBatchBuilder();

    // Adds a copy of the record. The batch must stay below kBatchSizeMax: check size() before.
    void add(const RecordView& record);
    // Adds the records of a committed batch as they are: for merging. Their ranges must follow one
    // another.
    void add_records(const RecordBatch& batch);

    uint32_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    Bytes size() const { return encoded_.size(); }

    // The batch with its records' checksum in place; at least one record. The builder is empty and
    // reusable afterwards.
    std::shared_ptr<RecordBatch> seal();
    // As seal(), but as stored in this place of its log: for merging, where that is known.
    BatchRef seal_at(Offset base, Bytes bodies_before);

private:
    void make_room(size_t size);
    void note_records(uint32_t count, TimePoint first, TimePoint max, Bytes bodies);

    std::string encoded_;
    size_t capacity_hint_;  // what the last batch took: the next one will likely be alike
    uint32_t count_ = 0;
    TimePoint first_time_;
    TimePoint max_time_;
    Bytes bodies_ = 0;
    Offset merged_end_;  // of the last batch added whole
};

}  // namespace varve
