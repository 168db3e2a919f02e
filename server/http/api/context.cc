#include "server/http/api/context.h"

#include <algorithm>

namespace varve {

namespace {

// A connection's facts take a few microseconds to copy: a slice is about a millisecond.
constexpr size_t kConnectionsInSlice = 200;

}  // namespace

Result<SessionContext> administrator(ApiContext& context, const std::string& vhost) {
    Vhost* found = context.changes().find_vhost(vhost);
    if (found == nullptr) return Error{ErrorCode::not_found, "no vhost '" + vhost + "'"};
    return SessionContext{.vhost = found,
                          .vhost_name = vhost,
                          .user = std::string(kAdministrator),
                          .peer = "control"};
}

Task<std::shared_ptr<const PolicyBook>> policy_book(ApiContext& context) {
    auto take = [&policies = context.broker.policies()] { return policies.book(); };
    co_return co_await on_shard(context.shard_of_changes(), std::move(take));
}

Task<std::vector<ConnectionListing>> all_connections(ApiContext& context) {
    std::vector<ConnectionListing> all;
    for (ShardIndex index = 0; index < context.shards.count(); ++index) {
        auto take_ids = [&sessions = context.sessions, index] { return sessions.ids(index); };
        const std::vector<SessionId> ids =
            co_await on_shard(context.shards.at(index), std::move(take_ids));
        for (size_t begin = 0; begin < ids.size(); begin += kConnectionsInSlice) {
            const size_t end = std::min(begin + kConnectionsInSlice, ids.size());
            std::vector<SessionId> slice(ids.begin() + static_cast<ptrdiff_t>(begin),
                                         ids.begin() + static_cast<ptrdiff_t>(end));
            auto list = [&sessions = context.sessions, index, slice = std::move(slice)] {
                return sessions.list(index, slice);
            };
            std::vector<ConnectionListing> listed =
                co_await on_shard(context.shards.at(index), std::move(list));
            std::ranges::move(listed, std::back_inserter(all));
        }
    }
    std::ranges::sort(all, [](const ConnectionListing& a, const ConnectionListing& b) {
        return std::pair(a.vhost, a.name()) < std::pair(b.vhost, b.name());
    });
    co_return all;
}

}  // namespace varve
