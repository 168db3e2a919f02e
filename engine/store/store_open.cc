// Opening the store: what it refuses, and what it takes away of a checkpoint that was never
// finished.
#include "engine/base/bytes.h"
#include "engine/store/applied_witness.h"
#include "engine/store/keys.h"
#include "engine/store/manifest_tail.h"
#include "engine/store/rocks_file_system.h"
#include "engine/store/rocks_options.h"
#include "engine/store/rocks_status.h"
#include "engine/store/store.h"
#include "engine/store/store_impl.h"

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table_properties.h>

#include <functional>

namespace varve {
namespace {

Result<void> clear_directory(FileSystem& files, const Path& directory) {
    VARVE_TRY(files.create_directory(directory));
    VARVE_TRY(const auto names, files.list(directory));
    for (const std::string& name : names) {
        VARVE_TRY(files.remove(directory / name));
    }
    return ok();
}

// The value of a number among the meta rows; none if there is no such row.
template <typename T>
Result<std::optional<T>> read_number(rocksdb::DB& db,
                                     const Path& directory,
                                     std::string_view name) {
    std::string value;
    const auto status = db.Get(rocksdb::ReadOptions(), keys::meta(name), &value);
    if (status.IsNotFound()) return std::optional<T>();
    VARVE_TRY(result_of(status, directory.string()));
    if (value.size() != sizeof(T)) {
        return Error{ErrorCode::corrupt,
                     directory.string() + ": the store's " + std::string(name) + " row"};
    }
    return std::optional(load_le<T>(value.data()));
}

// Calls `visit` with each row of one kind, and the offset that its value begins with.
Result<void> for_each_row(rocksdb::DB& db,
                          const Path& directory,
                          char kind,
                          const std::function<Result<void>(LogId, ByteView key, Offset)>& visit) {
    rocksdb::ReadOptions options;
    const std::string bound = keys::end_of_kind(kind);
    const rocksdb::Slice bound_slice(bound);
    options.iterate_upper_bound = &bound_slice;
    const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
    for (rows->Seek({&kind, 1}); rows->Valid(); rows->Next()) {
        VARVE_TRY(const LogId log, keys::parse_log(view_of(rows->key())));
        if (rows->value().size() < sizeof(uint64_t)) {
            return Error{ErrorCode::corrupt,
                         directory.string() + ": row of log " + log.hex() + " is cut short"};
        }
        const Offset offset{static_cast<int64_t>(load_le<uint64_t>(rows->value().data()))};
        VARVE_TRY(visit(log, view_of(rows->key()), offset));
    }
    return result_of(rows->status(), directory.string());
}

Result<TrimPoints> read_trim_points(rocksdb::DB& db, const Path& directory) {
    TrimPoints::Changes found;
    VARVE_TRY(for_each_row(
        db, directory, keys::kLog, [&](LogId log, ByteView /*key*/, Offset start) -> Result<void> {
            found[log].start = start;
            return ok();
        }));
    VARVE_TRY(for_each_row(
        db, directory, keys::kHole, [&](LogId log, ByteView key, Offset end) -> Result<void> {
            VARVE_TRY(const Offset base, keys::parse_offset(key));
            // Rows of a deleted log stay until they are merged.
            if (const auto known = found.find(log); known != found.end())
                known->second.holes[base] = end;
            return ok();
        }));
    return TrimPoints().with(found);
}

// Opens the file, and reads all of it if told to.
rocksdb::Status check_file(const rocksdb::Options& options, const Path& path, bool reads_all) {
    rocksdb::SstFileReader reader(options);
    auto status = reader.Open(path.string());
    if (status.ok() && reads_all) status = reader.VerifyChecksum();
    if (!status.ok()) return status;
    // The one place that RocksDB leaves out of its checksums. We never write anything there.
    const auto& properties = reader.GetTableProperties()->user_collected_properties;
    const auto sequence = properties.find("rocksdb.external_sst_file.global_seqno");
    const bool is_blank = sequence == properties.end() || sequence->second == std::string(8, '\0');
    return is_blank ? status : rocksdb::Status::Corruption("global sequence number");
}

// RocksDB takes a file that it cannot open for damage in its list of files: says which file it is.
// Most damage that keeps a store from opening shows when the file is opened; else all is read.
Error with_damaged_file(Error error,
                        FileSystem& files,
                        const Path& directory,
                        const rocksdb::Options& options) {
    const auto names = files.list(directory);
    if (error.code != ErrorCode::corrupt || !names) return error;
    for (const bool reads_all : {false, true}) {
        for (const std::string& name : *names) {
            const Path path = directory / name;
            if (path.extension() != ".sst") continue;
            const auto status = check_file(options, path, reads_all);
            if (status.ok()) continue;
            error.detail += "; " + path.string() + ": " + status.ToString();
            return error;
        }
    }
    return error;
}

}  // namespace

struct Store::Opening {
    // RocksDB itself: `busy` if another process writes to it.
    static Result<void> open_database(Impl& store, bool create) {
        store.options.create_if_missing = create;
        rocksdb::DB* db = nullptr;
        const std::string name = store.directory.string();
        const auto status = store.mode == StoreMode::read_write
                                ? rocksdb::DB::Open(store.options, name, &db)
                                : rocksdb::DB::OpenForReadOnly(store.options, name, &db);
        store.db.reset(db);
        if (status.ok()) return ok();
        return with_damaged_file(
            error_of(status, name), *store.files, store.directory, store.options);
    }

    static Result<void> read_state(Impl& store, std::optional<Position> witness) {
        VARVE_TRY(const auto format,
                  read_number<uint32_t>(*store.db, store.directory, kFormatName));
        if (format.value_or(kStoreFormatVersion) > kStoreFormatVersion) {
            return Error{ErrorCode::newer_format,
                         store.directory.string() + ": store format " + std::to_string(*format)};
        }
        VARVE_TRY(const auto applied,
                  read_number<uint64_t>(*store.db, store.directory, kAppliedName));
        store.applied = applied.value_or(0);
        if (witness && store.applied < witness->value) {
            const Path manifest =
                current_manifest(*store.files, store.directory).value_or(store.directory);
            return Error{ErrorCode::corrupt,
                         manifest.string() + ": ends at position " + std::to_string(store.applied) +
                             ", but the store had been at " + std::to_string(witness->value)};
        }
        VARVE_TRY(auto points, read_trim_points(*store.db, store.directory));
        store.trim_points->set(std::move(points));
        return ok();
    }

    // To open it deletes what its MANIFEST does not name: not before it is known that a torn end
    // took nothing with it that was confirmed.
    static Result<void> check_torn_end(FileSystem& files,
                                       const Path& directory,
                                       const StoreOptions& options,
                                       std::optional<Position> witness) {
        VARVE_TRY(const bool is_torn, has_torn_manifest(files, directory));
        if (!is_torn || !witness) return ok();
        VARVE_TRY(open_once(files, directory, options, StoreMode::read_only));
        return ok();
    }

    static Result<std::unique_ptr<Impl>> open_once(FileSystem& files,
                                                   const Path& directory,
                                                   const StoreOptions& options,
                                                   StoreMode mode) {
        auto store = std::make_unique<Impl>();
        store->files = &files;
        store->directory = directory;
        store->mode = mode;
        store->env = rocksdb::NewCompositeEnv(std::make_shared<RocksFileSystem>(files, mode));
        store->options = rocks_options(options,
                                       mode,
                                       {.env = store->env.get(),
                                        .trim_points = store->trim_points,
                                        .block_cache = make_block_cache(options),
                                        .listener = store->background_errors});
        // Read first: the store may go forward meanwhile, but not behind it.
        VARVE_TRY(const auto witness, read_witness(files, directory));
        store->in_use = witness.has_value();
        if (mode == StoreMode::read_write) {
            VARVE_TRY(check_torn_end(files, directory, options, witness));
            VARVE_TRY(files.create_directory(directory));
            if (!witness) VARVE_TRY(files.sync_directory(directory.parent_path()));
        }
        // With a witness there was a store: to begin a new one in its place would delete what is
        // left of it.
        VARVE_TRY(open_database(*store, mode == StoreMode::read_write && !witness));
        if (mode == StoreMode::read_write) {
            VARVE_TRY(clear_directory(files, store->incoming_directory()));
            VARVE_TRY(files.sync_directory(directory));
        }
        VARVE_TRY(read_state(*store, witness));
        if (mode == StoreMode::read_write) {
            store->merger = std::make_unique<Merger>(*store->db,
                                                     store->trim_points,
                                                     options.background_merges
                                                         ? Merger::Mode::background
                                                         : Merger::Mode::inline_with_checkpoints);
        }
        return store;
    }
};

Result<std::unique_ptr<Store>> Store::open(FileSystem& files,
                                           const Path& directory,
                                           const StoreOptions& options,
                                           StoreMode mode) {
    // The owner of the store replaces files while a reader opens them one by one: then the reader
    // tries again, with a newer list of files. It ends because merging takes the owner longer than
    // opening takes the reader.
    for (;;) {
        const auto names = files.list(directory);
        auto store = Opening::open_once(files, directory, options, mode);
        if (store) return std::unique_ptr<Store>(new Store(std::move(*store)));
        if (mode == StoreMode::read_write) return std::move(store).error();
        const auto names_now = files.list(directory);
        if (!names || !names_now || *names == *names_now) return std::move(store).error();
    }
}

}  // namespace varve
