// RocksDB's statuses as our errors, and back. Private to the store.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <rocksdb/io_status.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <string>

namespace varve {

// Of a status that is not ok. RocksDB's own text names the file where it knows it.
Error error_of(const rocksdb::Status& status, const std::string& context);
inline Result<void> result_of(const rocksdb::Status& status, const std::string& context) {
    if (status.ok()) return ok();
    return error_of(status, context);
}

rocksdb::IOStatus io_status_of(const Error& error);
template <typename T>
rocksdb::IOStatus io_status_of(const Result<T>& result) {
    return result ? rocksdb::IOStatus::OK() : io_status_of(result.error());
}

inline ByteView view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
inline rocksdb::Slice slice_of(ByteView bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace varve
