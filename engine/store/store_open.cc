// Opening the store: what it refuses, and what it takes away of a checkpoint that was never
// finished.
#include "engine/base/bytes.h"
#include "engine/store/applied_witness.h"
#include "engine/store/keys.h"
#include "engine/store/rocks_file_system.h"
#include "engine/store/rocks_options.h"
#include "engine/store/rocks_status.h"
#include "engine/store/store.h"
#include "engine/store/store_impl.h"

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

Result<TrimPoints> read_trim_points(rocksdb::DB& db, const Path& directory) {
    rocksdb::ReadOptions options;
    const std::string bound = keys::end_of_kind(keys::kLog);
    const rocksdb::Slice bound_slice(bound);
    options.iterate_upper_bound = &bound_slice;
    TrimPoints::Changes found;
    const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
    for (rows->Seek({&keys::kLog, 1}); rows->Valid(); rows->Next()) {
        VARVE_TRY(const LogId log, keys::parse_log(view_of(rows->key())));
        if (rows->value().size() < sizeof(uint64_t)) {
            return Error{ErrorCode::corrupt,
                         directory.string() + ": row of log " + log.hex() + " is cut short"};
        }
        found.emplace(log, Offset{static_cast<int64_t>(load_le<uint64_t>(rows->value().data()))});
    }
    VARVE_TRY(result_of(rows->status(), directory.string()));
    return TrimPoints().with(found);
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
        return result_of(status, name);
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
            return Error{ErrorCode::corrupt,
                         store.directory.string() + ": its MANIFEST ends at position " +
                             std::to_string(store.applied) + ", but the store had been at " +
                             std::to_string(witness->value)};
        }
        VARVE_TRY(auto points, read_trim_points(*store.db, store.directory));
        store.trim_points->set(std::move(points));
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
        if (mode == StoreMode::read_write) {
            VARVE_TRY(files.create_directory(directory));
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
    // The owner of the store deletes files while a reader opens them one by one. Each attempt
    // begins with a newer list of files; that the owner merges as often as this within a few
    // milliseconds each is not to be expected.
    constexpr int kAttempts = 20;
    for (int attempt = 1;; ++attempt) {
        auto store = Opening::open_once(files, directory, options, mode);
        if (store) return std::unique_ptr<Store>(new Store(std::move(*store)));
        if (mode == StoreMode::read_write || attempt == kAttempts) return std::move(store).error();
        if (!files.info(directory))
            return Error{ErrorCode::not_found, directory.string() + ": no store here"};
    }
}

}  // namespace varve
