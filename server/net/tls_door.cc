#include "server/net/tls_door.h"

namespace varve {

TlsDoor::TlsDoor(ShardSet& shards, TlsOptions options)
    : shards_(shards), options_(std::move(options)), by_shard_(shards.count()) {}

Result<void> TlsDoor::load() {
    VARVE_TRY(const auto context, TlsContext::load(options_));
    const bool running = std::exchange(loaded_, true);
    for (ShardIndex index = 0; index < shards_.count(); ++index) {
        if (running) {
            shards_.at(index).post([this, index, context] { by_shard_[index] = context; });
        } else {
            by_shard_[index] = context;
        }
    }
    return ok();
}

}  // namespace varve
