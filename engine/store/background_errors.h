// What went wrong in RocksDB when nobody was asking. Private to the store.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <rocksdb/listener.h>

#include <optional>

namespace varve {

// Keeps the first error until it is cleared, and keeps RocksDB from recovering by itself.
//
// A merge that finds the disk full may be resumed. A failed write to the MANIFEST may not, whatever
// the reason: RocksDB 7.8 still holds itself for stopped after Resume(), reserves no file numbers
// for the next checkpoint, and goes on with file 0.
//
// Threading: Thread-safe. Lifetime: shared by the store and by RocksDB, which drop it in no fixed
// order.
class BackgroundErrors final : public rocksdb::EventListener {
public:
    std::optional<Error> first() const;
    // Whether all there is may be resumed from once there is space again.
    bool is_full_disk() const;
    void clear();

    void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason,
                              rocksdb::Status error,
                              bool* auto_recovery) override;

private:
    mutable Mutex mutex_;  // Innermost: nothing is called under it.
    std::optional<Error> first_ VARVE_GUARDED_BY(mutex_);
    bool is_final_ VARVE_GUARDED_BY(mutex_) = false;
};

}  // namespace varve
