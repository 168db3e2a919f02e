// Reads every batch of a log: checksums, and that offsets follow one another.
#pragma once

#include "tools/dump/named_log.h"
#include "tools/dump/verification.h"

namespace varve {

// Adds what it finds to `found`. `io` if the disk does not answer.
Result<void> verify_log(const NamedLog& source,
                        const VerifyProgress& progress,
                        Verification& found);

}  // namespace varve
