// What Store and StoreCheckpoint share. Private to the store.
#pragma once

#include "engine/store/background_errors.h"
#include "engine/store/merger.h"
#include "engine/store/store.h"
#include "engine/store/trim_points.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <string>

namespace varve {

constexpr uint32_t kStoreFormatVersion = 1;
constexpr std::string_view kAppliedName = "applied";  // position u64, little-endian
constexpr std::string_view kFormatName = "format";    // version u32, little-endian

struct Store::Impl {
    // Where the files of a checkpoint are written before the store takes them over.
    Path incoming_directory() const { return directory / "incoming"; }

    FileSystem* files = nullptr;
    Path directory;
    StoreMode mode = StoreMode::read_only;
    bool in_use = false;                // there was a witness
    std::unique_ptr<rocksdb::Env> env;  // on `files`
    std::shared_ptr<CurrentTrimPoints> trim_points = std::make_shared<CurrentTrimPoints>();
    std::shared_ptr<BackgroundErrors> background_errors = std::make_shared<BackgroundErrors>();
    rocksdb::Options options;
    std::unique_ptr<rocksdb::DB> db;
    std::unique_ptr<Merger> merger;  // after db: it stops first; null when read only
    std::atomic<uint64_t> applied = 0;
    std::atomic<Bytes> bytes_flushed = 0;
    std::atomic<uint64_t> next_incoming = 0;
};

}  // namespace varve
