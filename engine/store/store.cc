#include "engine/store/store.h"

#include "engine/base/bytes.h"
#include "engine/store/applied_witness.h"
#include "engine/store/keys.h"
#include "engine/store/rocks_status.h"
#include "engine/store/store_impl.h"
#include "engine/store/trim_filter.h"

namespace varve {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Position Store::applied() const { return {impl_->applied}; }

bool Store::in_use() const { return impl_->in_use; }

Result<void> Store::mark_in_use() {
    return write_witness(*impl_->files, impl_->directory, applied());
}

namespace {

std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::DB& db,
                                           const rocksdb::Slice* end,
                                           Bytes readahead) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = end;
    options.fill_cache = false;  // Batches are read once, mostly; rows once at open.
    options.readahead_size = readahead;
    return std::unique_ptr<rocksdb::Iterator>(db.NewIterator(options));
}

constexpr Bytes kScanReadahead = 1_MiB;

}  // namespace

Result<std::optional<std::string>> Store::find_batch(LogId log, Offset offset, Offset end) const {
    const std::string bound = keys::end_of_log(keys::kBatch, log);
    const rocksdb::Slice bound_slice(bound);
    const auto rows = iterate(*impl_->db, &bound_slice, 0);
    rows->Seek(keys::batch_beyond(log, offset));
    if (!rows->Valid()) {
        VARVE_TRY(result_of(rows->status(), impl_->directory.string()));
        return std::optional<std::string>();
    }
    VARVE_TRY(const OffsetRange range, keys::parse_batch(view_of(rows->key())));
    if (range.begin >= end) return std::optional<std::string>();
    std::optional<std::string> encoded(rows->value().ToString());
    VARVE_TRY(result_of(rows->status(), impl_->directory.string()));
    return encoded;
}

Result<void> Store::for_each_batch(
    LogId log,
    Offset from,
    const std::function<Result<void>(Offset base, ByteView encoded)>& visit) const {
    const std::string bound = keys::end_of_log(keys::kBatch, log);
    const rocksdb::Slice bound_slice(bound);
    const auto rows = iterate(*impl_->db, &bound_slice, kScanReadahead);
    for (rows->Seek(keys::batch_beyond(log, from)); rows->Valid(); rows->Next()) {
        VARVE_TRY(const OffsetRange range, keys::parse_batch(view_of(rows->key())));
        VARVE_TRY(visit(range.begin, view_of(rows->value())));
    }
    return result_of(rows->status(), impl_->directory.string());
}

Result<void> Store::load(const StoreVisitor& visitor) const {
    const auto points = impl_->trim_points->get();
    using Visit = std::function<Result<void>(ByteView key, ByteView value)>;
    const auto each_of = [&](char kind, const Visit& visit) -> Result<void> {
        const std::string bound = keys::end_of_kind(kind);
        const rocksdb::Slice bound_slice(bound);
        const auto rows = iterate(*impl_->db, &bound_slice, kScanReadahead);
        for (rows->Seek(rocksdb::Slice(&kind, 1)); rows->Valid(); rows->Next()) {
            const ByteView key = view_of(rows->key());
            const ByteView value = view_of(rows->value());
            if (!skip_from_trimmed(*points, key, value).empty()) continue;
            VARVE_TRY(visit(key, value));
        }
        return result_of(rows->status(), impl_->directory.string());
    };
    VARVE_TRY(each_of(keys::kCatalogue, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(auto parts, keys::parse_catalogue(key));
        return visitor.on_catalogue({parts.kind, std::move(parts.id), std::string(value)});
    }));
    VARVE_TRY(each_of(keys::kLog, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        return visitor.on_log({log, std::string(value)});
    }));
    VARVE_TRY(each_of(keys::kReturn, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        VARVE_TRY(const Offset offset, keys::parse_offset(key));
        return visitor.on_return({log, offset, std::string(value)});
    }));
    VARVE_TRY(each_of(keys::kHole, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        VARVE_TRY(const Offset base, keys::parse_offset(key));
        return visitor.on_hole({log, base, std::string(value)});
    }));
    VARVE_TRY(each_of(keys::kSegment, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        VARVE_TRY(const Offset base, keys::parse_offset(key));
        return visitor.on_segment({log, base, std::string(value)});
    }));
    VARVE_TRY(each_of(keys::kCursor, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        VARVE_TRY(const auto parts, keys::parse_cursor(key));
        return visitor.on_cursor({log, parts.cursor, std::string(value)});
    }));
    return each_of(keys::kChunk, [&](ByteView key, ByteView value) -> Result<void> {
        VARVE_TRY(const LogId log, keys::parse_log(key));
        VARVE_TRY(const auto parts, keys::parse_cursor(key));
        return visitor.on_chunk({log, parts.cursor, parts.chunk, std::string(value)});
    });
}

StoreStats Store::stats() const {
    const auto property = [this](const std::string& name) {
        uint64_t value = 0;
        impl_->db->GetIntProperty(name, &value);
        return value;
    };
    std::vector<rocksdb::LiveFileMetaData> files;
    impl_->db->GetLiveFilesMetaData(&files);
    StoreStats stats;
    stats.bytes_on_disk = property(rocksdb::DB::Properties::kTotalSstFilesSize);
    stats.bytes_flushed = impl_->bytes_flushed;
    stats.bytes_compacted = impl_->merger == nullptr ? 0 : impl_->merger->bytes_written();
    stats.memory_used = property(rocksdb::DB::Properties::kBlockCacheUsage) +
                        property(rocksdb::DB::Properties::kEstimateTableReadersMem) +
                        property(rocksdb::DB::Properties::kSizeAllMemTables);
    stats.files = files.size();
    return stats;
}

}  // namespace varve
