// The certificates of a listener, which may be exchanged while it runs.
#pragma once

#include "engine/base/result.h"
#include "server/async/shard.h"
#include "server/net/tls.h"

#include <memory>
#include <vector>

namespace varve {

// Threading: load() from one thread that is no shard; context() on the shard that it names.
// Lifetime:  the shards outlive it; it outlives the shards' threads.
class TlsDoor {
public:
    TlsDoor(ShardSet& shards, TlsOptions options);

    // Reads the files, for connections to come. `invalid_argument`, and everything stays as it was.
    Result<void> load();
    // After the first load().
    const TlsContext& context(const Shard& shard) const { return *by_shard_[shard.index()]; }

private:
    ShardSet& shards_;
    const TlsOptions options_;
    bool loaded_ = false;
    std::vector<std::shared_ptr<const TlsContext>> by_shard_;  // shared with their connections
};

}  // namespace varve
