// Reads everything in a data directory and lists what does not verify, and what that means.
#pragma once

#include "engine/base/result.h"
#include "engine/io/file_system.h"
#include "tools/dump/directory_view.h"

#include <functional>
#include <string>
#include <vector>

namespace varve {

// One place that does not verify.
struct Damage {
    std::string place;        // file and byte, or log and offsets: as exact as it is known
    std::string consequence;  // for whom
};

struct Verification {
    std::vector<Damage> damages;
    bool in_use = false;
    bool store_opened = true;  // if not, only the journal was checked
    Bytes tail_cut = 0;        // behind the end of the journal: never confirmed
    uint64_t frames = 0;
    Bytes journal_size = 0;
    Bytes store_size = 0;
    uint64_t logs = 0;
    uint64_t batches = 0;
    int64_t records = 0;
    Bytes record_size = 0;
};

// Where a broker merges its store, files go; where nobody works, a file that is missing is damage.
bool is_damage(const Error& error, const Verification& found);

using VerifyProgress = std::function<void(std::string_view what, Bytes done, Bytes total)>;

// Errors are for what keeps it from looking (`not_found`, `access_refused`, `io`); damage is a
// result.
Result<Verification> verify(FileSystem& files,
                            const Path& directory,
                            const VerifyProgress& progress);

}  // namespace varve
