#include "engine/store/rocks_status.h"

namespace varve {
namespace {

ErrorCode code_of(const rocksdb::Status& status) {
    if (status.IsNoSpace()) return ErrorCode::no_space;
    if (status.IsCorruption()) return ErrorCode::corrupt;
    if (status.IsPathNotFound() || status.IsNotFound()) return ErrorCode::not_found;
    if (status.IsBusy()) return ErrorCode::busy;
    if (status.IsShutdownInProgress()) return ErrorCode::closed;
    // What this build of RocksDB does not know was written by a newer one.
    if (status.IsNotSupported()) return ErrorCode::newer_format;
    return ErrorCode::io;
}

}  // namespace

Error error_of(const rocksdb::Status& status, const std::string& context) {
    return {code_of(status), context + ": " + status.ToString()};
}

rocksdb::IOStatus io_status_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::no_space:
            return rocksdb::IOStatus::NoSpace(error.detail);
        case ErrorCode::not_found:
            return rocksdb::IOStatus::PathNotFound(error.detail);
        case ErrorCode::busy:
            return rocksdb::IOStatus::Busy(error.detail);
        case ErrorCode::corrupt:
            return rocksdb::IOStatus::Corruption(error.detail);
        default:
            return rocksdb::IOStatus::IOError(error.detail);
    }
}

}  // namespace varve
