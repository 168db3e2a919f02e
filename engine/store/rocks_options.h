// How the store uses RocksDB: every option with its reason. Private to the store.
#pragma once

#include "engine/options.h"
#include "engine/store/store.h"
#include "engine/store/trim_points.h"

#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <memory>

namespace varve {

// A merge needs a free level above what it merges, and each checkpoint that overlaps another one
// takes a level: these are enough for the merger to fall far behind before a checkpoint has to
// wait.
constexpr int kStoreLevels = 64;

struct RocksSetup {
    rocksdb::Env* env = nullptr;  // outlives the database
    std::shared_ptr<const CurrentTrimPoints> trim_points;
    std::shared_ptr<rocksdb::Cache> block_cache;
    std::shared_ptr<rocksdb::EventListener> listener;
};
rocksdb::Options rocks_options(const StoreOptions& options,
                               StoreMode mode,
                               const RocksSetup& setup);

std::shared_ptr<rocksdb::Cache> make_block_cache(const StoreOptions& options);

}  // namespace varve
