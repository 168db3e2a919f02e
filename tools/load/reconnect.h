// When a lost connection is tried again.
#pragma once

#include "engine/base/result.h"
#include "tools/load/clock.h"

namespace varve::load {

// A broker that restarts in a second is found within a tenth of that.
constexpr int64_t kRetryIntervalNs = 100 * kMillisecondNs;

// A broker that is starting may refuse for a while; a queue that is gone will not come back.
inline bool is_worth_a_retry(ErrorCode code) {
    return code != ErrorCode::not_found && code != ErrorCode::precondition &&
           code != ErrorCode::invalid_argument;
}

}  // namespace varve::load
