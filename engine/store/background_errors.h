// What went wrong in RocksDB when nobody was asking. Private to the store.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <rocksdb/listener.h>

#include <optional>

namespace varve {

// Keeps the first error until it is cleared, and keeps RocksDB from recovering by itself.
//
// Threading: Thread-safe. Lifetime: shared by the store and by RocksDB, which drop it in no fixed
// order.
class BackgroundErrors final : public rocksdb::EventListener {
public:
    std::optional<Error> first() const;
    void clear();

    void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason,
                              rocksdb::Status error,
                              bool* auto_recovery) override;

private:
    mutable Mutex mutex_;  // Innermost: nothing is called under it.
    std::optional<Error> first_ VARVE_GUARDED_BY(mutex_);
};

}  // namespace varve
