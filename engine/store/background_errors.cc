#include "engine/store/background_errors.h"

#include "engine/store/rocks_status.h"

namespace varve {

std::optional<Error> BackgroundErrors::first() const {
    const MutexLock lock(mutex_);
    return first_;
}

bool BackgroundErrors::is_full_disk() const {
    const MutexLock lock(mutex_);
    return first_ && first_->code == ErrorCode::no_space && !is_final_;
}

void BackgroundErrors::clear() {
    const MutexLock lock(mutex_);
    first_.reset();
}

void BackgroundErrors::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                                         rocksdb::Status* error) {
    const MutexLock lock(mutex_);
    if (!first_) first_ = error_of(*error, "store");
    if (error->severity() >= rocksdb::Status::Severity::kHardError) is_final_ = true;
}

void BackgroundErrors::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                            rocksdb::Status /*error*/,
                                            bool* auto_recovery) {
    *auto_recovery = false;
}

}  // namespace varve
