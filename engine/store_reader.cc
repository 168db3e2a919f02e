#include "engine/store_reader.h"

namespace varve {
namespace {

// A reader that walks record by record asks for the same batch again and again; a few dozen such
// readers are served.
constexpr Bytes kCacheSize = 4_MiB;
constexpr size_t kCachedBatchesMax = 64;

}  // namespace

Result<BatchRef> StoreReader::find(LogId log, Offset offset, Offset end) {
    const Store* store = nullptr;
    {
        const MutexLock lock(mutex_);
        if (store_ == nullptr)
            return Error{ErrorCode::closed, "log " + log.hex() + ": the engine is closed"};
        if (auto cached = find_cached(log, offset)) return cached;
        store = store_;
        ++readers_;
    }
    const auto read = [&]() -> Result<BatchRef> {
        VARVE_TRY(auto encoded, store->find_batch(log, offset, end));
        if (!encoded) return BatchRef();
        return RecordBatch::decode(std::move(*encoded));
    };
    auto batch = read();
    const MutexLock lock(mutex_);
    if (--readers_ == 0) left_.notify_all();
    if (!batch) {
        return Error{batch.error().code,
                     "log " + log.hex() + ", offsets " + std::to_string(offset.value) + " to " +
                         std::to_string(end.value) + ": " + batch.error().detail};
    }
    if (*batch) remember(log, *batch);
    return batch;
}

void StoreReader::shut() {
    MutexLock lock(mutex_);
    store_ = nullptr;
    cache_.clear();
    while (readers_ > 0) lock.wait(left_);
}

BatchRef StoreReader::find_cached(LogId log, Offset offset) {
    for (auto at = cache_.begin(); at != cache_.end(); ++at) {
        if (at->log != log || !at->batch->range().contains(offset)) continue;
        cache_.splice(cache_.begin(), cache_, at);
        return cache_.front().batch;
    }
    return nullptr;
}

void StoreReader::remember(LogId log, const BatchRef& batch) {
    if (batch->size() > kCacheSize / 4) return;
    cache_.push_front({log, batch});
    cache_size_ += batch->size();
    while (cache_size_ > kCacheSize || cache_.size() > kCachedBatchesMax) {
        cache_size_ -= cache_.back().batch->size();
        cache_.pop_back();
    }
}

}  // namespace varve
