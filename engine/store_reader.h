// The way from logs to the store: reads batches, remembers the last few, and shuts when the engine
// closes.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/record_batch.h"
#include "engine/store/store.h"

#include <condition_variable>
#include <list>
#include <memory>

namespace varve {

// Shared by all logs of an engine, and by handles that outlive it.
//
// Threading: Thread-safe.
// Failure:   `closed` after shut(); `corrupt` with log and offsets when a batch does not verify.
class StoreReader {
public:
    // `store` outlives everything up to shut().
    explicit StoreReader(const Store& store) : store_(&store) {}

    // The stored batch that holds `offset`, or else the first one beyond it and below `end`; null
    // if there is none.
    Result<BatchRef> find(LogId log, Offset offset, Offset end);

    // Returns when no reader is inside any more.
    void shut();

private:
    struct CachedBatch {
        LogId log;
        BatchRef batch;
    };

    BatchRef find_cached(LogId log, Offset offset) VARVE_REQUIRES(mutex_);
    void remember(LogId log, const BatchRef& batch) VARVE_REQUIRES(mutex_);

    Mutex mutex_;
    std::condition_variable left_;
    const Store* store_ VARVE_GUARDED_BY(mutex_);
    int readers_ VARVE_GUARDED_BY(mutex_) = 0;
    std::list<CachedBatch> cache_ VARVE_GUARDED_BY(mutex_);  // the last used one first
    Bytes cache_size_ VARVE_GUARDED_BY(mutex_) = 0;
};

}  // namespace varve
