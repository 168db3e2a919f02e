#include "engine/store/rocks_options.h"

#include "engine/store/file_checksum.h"
#include "engine/store/trim_filter.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>

#include <cstdarg>

namespace varve {
namespace {

// What RocksDB has to say comes back as a status; its diary would only fill the disk.
class NullLogger final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

rocksdb::BlockBasedTableOptions table_options(std::shared_ptr<rocksdb::Cache> cache) {
    rocksdb::BlockBasedTableOptions table;
    table.checksum = rocksdb::kXXH3;
    table.format_version = 5;
    // A batch of this size or more has a block of its own. With the first key of each block in the
    // index, and the index not shortened, a seek reads only the block it ends on, however many
    // files it asks.
    table.block_size = 32_KiB;
    table.index_type = rocksdb::BlockBasedTableOptions::kBinarySearchWithFirstKey;
    table.index_shortening = rocksdb::BlockBasedTableOptions::IndexShorteningMode::kNoShortening;
    // Indexes count as cache, so that its size bounds them.
    table.block_cache = std::move(cache);
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    return table;
}

// Checkpoints come as ready files and merges are planned by us (merge_plan.h): RocksDB decides
// nothing by itself.
void set_layout(rocksdb::Options& options) {
    options.num_levels = kStoreLevels;
    options.compaction_style = rocksdb::kCompactionStyleLevel;
    options.level_compaction_dynamic_level_bytes =
        false;  // else the levels in the middle are not to be used
    options.disable_auto_compactions = true;
    options.compression =
        rocksdb::kNoCompression;  // bodies are often compressed already, and the disk is fast
    options.max_background_jobs = 1;
    options.soft_pending_compaction_bytes_limit = 0;
    options.hard_pending_compaction_bytes_limit = 0;
}

}  // namespace

std::shared_ptr<rocksdb::Cache> make_block_cache(const StoreOptions& options) {
    constexpr int kShardBits = 2;  // Few threads read here; small shards would be full too early.
    constexpr double kIndexShare =
        0.5;  // Batches are read past the cache, so the rest is rows and spare.
    return rocksdb::NewLRUCache(options.block_cache_size, kShardBits, false, kIndexShare);
}

rocksdb::Options rocks_options(const StoreOptions& store, StoreMode mode, const RocksSetup& setup) {
    rocksdb::Options options;
    options.env = setup.env;
    options.info_log = std::make_shared<NullLogger>();
    options.listeners = {setup.listener};
    options.table_factory.reset(
        rocksdb::NewBlockBasedTableFactory(table_options(setup.block_cache)));
    options.compaction_filter_factory = std::make_shared<TrimFilterFactory>(setup.trim_points);
    options.file_checksum_gen_factory = std::make_shared<FileChecksumFactory>();
    set_layout(options);
    // A reader beside the owner opens every file at once: later they may be gone.
    options.max_open_files = mode == StoreMode::read_only ? -1 : store.max_open_files;
    options.paranoid_checks = mode != StoreMode::read_damaged;
    options.skip_stats_update_on_db_open =
        true;  // Restart time must not grow with the number of files.
    // A broken disk is the engine's decision; nothing is tried again behind its back.
    options.max_bgerror_resume_count = 0;
    // No more than this waits to be synced at once: the journal's syncs queue behind it.
    options.bytes_per_sync = 4_MiB;
    options.max_manifest_file_size = 16_MiB;  // Read at every open.
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    return options;
}

}  // namespace varve
