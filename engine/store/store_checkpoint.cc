#include "engine/base/bytes.h"
#include "engine/store/applied_witness.h"
#include "engine/store/file_checksum.h"
#include "engine/store/incoming_files.h"
#include "engine/store/keys.h"
#include "engine/store/rocks_status.h"
#include "engine/store/store.h"
#include "engine/store/store_impl.h"

#include <algorithm>

namespace varve {

struct StoreCheckpoint::Impl {
    Impl(Store::Impl& owner, bool past_cache)
        : store(owner),
          incoming(*owner.files,
                   owner.options,
                   {owner.incoming_directory(), past_cache},
                   owner.next_incoming) {}

    void put(std::string key, const std::string& value) {
        rows.emplace_back(std::move(key), value);
    }
    Result<void> write_rows();
    Result<void> adopt(const std::vector<IncomingFiles::Finished>& files);

    Store::Impl& store;
    IncomingFiles incoming;
    std::string last_batch;  // key
    std::vector<std::pair<std::string, std::string>> rows;
    TrimPoints::Changes trim_changes;
};

namespace {

// Rows that the store reads, too, begin with an offset.
Offset first_offset(ByteView value) {
    VARVE_CHECK(value.size() >= sizeof(uint64_t));
    return {static_cast<int64_t>(load_le<uint64_t>(value.data()))};
}

// A full disk passes; any other error of RocksDB's own work stays until the store is opened again.
Result<void> recover_from_full_disk(rocksdb::DB& db, BackgroundErrors& errors) {
    const auto error = errors.first();
    if (!error) return ok();
    // Not `no_space`: to try again would not help.
    if (!errors.is_full_disk()) {
        const bool is_full = error->code == ErrorCode::no_space;
        return Error{is_full ? ErrorCode::io : error->code, error->detail};
    }
    VARVE_TRY(result_of(db.Resume(), "store"));
    errors.clear();
    return ok();
}

}  // namespace

StoreCheckpoint::StoreCheckpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreCheckpoint::~StoreCheckpoint() = default;
StoreCheckpoint::StoreCheckpoint(StoreCheckpoint&&) noexcept = default;
StoreCheckpoint& StoreCheckpoint::operator=(StoreCheckpoint&&) noexcept = default;

StoreCheckpoint Store::begin_checkpoint(Reading reading) {
    VARVE_CHECK(impl_->mode == StoreMode::read_write);
    const bool past_cache = reading == Reading::unlikely;
    return StoreCheckpoint(std::make_unique<StoreCheckpoint::Impl>(*impl_, past_cache));
}

Result<void> StoreCheckpoint::put_batch(LogId log, OffsetRange range, ByteView encoded) {
    VARVE_CHECK(!range.empty());
    std::string key = keys::batch(log, range);
    VARVE_CHECK(key > impl_->last_batch);
    VARVE_TRY(impl_->incoming.put(key, encoded));
    impl_->last_batch = std::move(key);
    return ok();
}

void StoreCheckpoint::put(const LogRow& row) {
    impl_->put(keys::of_log(keys::kLog, row.log), row.value);
    if (row.value.empty()) {
        impl_->trim_changes[row.log] = {.deleted = true};
        return;
    }
    impl_->trim_changes[row.log].start = first_offset(row.value);
}

void StoreCheckpoint::put(const CursorRow& row) {
    impl_->put(keys::cursor(row.log, row.cursor), row.value);
}
void StoreCheckpoint::put(const ChunkRow& row) {
    impl_->put(keys::chunk(row.log, row.cursor, row.chunk), row.value);
}
void StoreCheckpoint::put(const ReturnRow& row) {
    impl_->put(keys::returned(row.log, row.offset), row.value);
}
void StoreCheckpoint::put(const CatalogueRow& row) {
    impl_->put(keys::catalogue(row.kind, row.id), row.value);
}
void StoreCheckpoint::put(const HoleRow& row) {
    impl_->put(keys::hole(row.log, row.base), row.value);
    impl_->trim_changes[row.log].holes[row.base] =
        row.value.empty() ? std::nullopt : std::optional(first_offset(row.value));
}
void StoreCheckpoint::put(const SegmentRow& row) {
    VARVE_CHECK(row.value.empty() || row.value.size() >= sizeof(uint64_t));
    impl_->put(keys::segment(row.log, row.base), row.value);
}

// Its other rows need no tombstones: what belongs to no log is not shown, and dropped when it is
// merged.
void StoreCheckpoint::erase_log(LogId log) { put(LogRow{log, {}}); }

Result<void> StoreCheckpoint::Impl::write_rows() {
    VARVE_TRY(incoming.cut());
    // Of rows with the same key, the last one counts.
    std::stable_sort(
        rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < rows.size(); ++i) {
        const auto& [key, value] = rows[i];
        if (i + 1 < rows.size() && rows[i + 1].first == key) continue;
        VARVE_TRY(value.empty() ? incoming.erase(key) : incoming.put(key, value));
    }
    return ok();
}

Result<void> StoreCheckpoint::Impl::adopt(const std::vector<IncomingFiles::Finished>& files) {
    rocksdb::IngestExternalFileArg arg;
    arg.column_family = store.db->DefaultColumnFamily();
    arg.options.move_files = true;
    arg.options.failed_move_fall_back_to_copy = false;
    arg.options.write_global_seqno = false;
    arg.options.verify_file_checksum =
        false;  // It was computed from the same bytes as they were written.
    for (const auto& file : files) {
        arg.external_files.push_back(file.path);
        arg.files_checksums.push_back(file.checksum);
        arg.files_checksum_func_names.emplace_back(kFileChecksumName);
    }
    return result_of(store.db->IngestExternalFiles({arg}), store.directory.string());
}

Result<void> StoreCheckpoint::commit(Position applied) {
    Store::Impl& store = impl_->store;
    VARVE_CHECK(applied.value >= store.applied);
    VARVE_TRY(recover_from_full_disk(*store.db, *store.background_errors));
    VARVE_TRY(store.merger->await_room());

    std::string position;
    ByteWriter(position).u64_le(applied.value);
    impl_->put(keys::meta(kAppliedName), position);
    std::string format;
    ByteWriter(format).u32_le(kStoreFormatVersion);
    impl_->put(keys::meta(kFormatName), format);
    VARVE_TRY(impl_->write_rows());
    VARVE_TRY(const auto files, impl_->incoming.finish());

    // A merge must find the new logs before it can find their batches, else it would take those for
    // orphans. What is trimmed counts only once that is durable.
    const auto before = store.trim_points->get();
    store.trim_points->set(before->with_new_logs(impl_->trim_changes));
    VARVE_TRY(impl_->adopt(files));
    impl_->incoming.adopted();
    store.trim_points->set(before->with(impl_->trim_changes));
    store.applied = applied.value;
    for (const auto& file : files) store.bytes_flushed += file.size;

    discard(write_witness(*store.files, store.directory, applied),
            "the former witness still holds");
    store.merger->notice_checkpoint();
    return ok();
}

}  // namespace varve
