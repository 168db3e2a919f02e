#include "server/broker/session_limits.h"

#include "engine/base/bytes.h"
#include "server/async/durable.h"

#include <functional>
#include <utility>

namespace varve {

namespace {

constexpr uint8_t kVersion = 1;

template <typename Map>
auto find(const Map& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? typename Map::mapped_type() : found->second;
}

bool is_reached(const std::optional<uint64_t>& limit, uint64_t count) {
    return limit && count >= *limit;
}

Error refused(std::string text) { return {ErrorCode::precondition, std::move(text)}; }

// Runs `leave` when the last copy goes.
SessionLimits::Admission admission(std::function<void()> leave) {
    return SessionLimits::Admission(nullptr,
                                    [leave = std::move(leave)](void* /*nothing*/) { leave(); });
}

// Two numbers, each behind a flag that says whether it is there.
std::string encode_two(const std::optional<uint64_t>& first,
                       const std::optional<uint64_t>& second) {
    std::string out;
    ByteWriter writer(out);
    writer.u8(kVersion);
    for (const auto& number : {first, second}) {
        writer.u8(number.has_value());
        writer.u64_le(number.value_or(0));
    }
    return out;
}

using Two = std::pair<std::optional<uint64_t>, std::optional<uint64_t>>;
Result<Two> decode_two(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version > kVersion)
        return Error{ErrorCode::newer_format, "limits of version " + std::to_string(version)};
    Two two;
    for (auto* number : {&two.first, &two.second}) {
        VARVE_TRY(const uint8_t there, reader.u8());
        VARVE_TRY(const uint64_t limit, reader.u64_le());
        if (there != 0) *number = limit;
    }
    return two;
}

}  // namespace

Result<void> SessionLimits::recover() {
    Result<void> outcome;
    engine_.for_each_definition([&](const CatalogueKey& key, ByteView value) {
        if (!outcome) return;
        if (key.kind == kVhostLimitsDefinition) {
            const auto limits = decode_vhost_limits(value);
            if (limits)
                set_vhost(key.id, *limits);
            else
                outcome = limits.error();
        } else if (key.kind == kUserLimitsDefinition) {
            const auto limits = decode_user_limits(value);
            if (limits)
                set_user(key.id, *limits);
            else
                outcome = limits.error();
        }
    });
    return outcome;
}

Task<Result<void>> SessionLimits::put_vhost(std::string vhost, VhostLimits limits) {
    Transaction transaction;
    if (limits == VhostLimits())
        transaction.erase(vhost_limits_key(vhost));
    else
        transaction.put(vhost_limits_key(vhost), encode(limits));
    VARVE_CO_TRY(co_await commit_durably(engine_, std::move(transaction)));
    set_vhost(vhost, limits);
    co_return ok();
}

Task<Result<void>> SessionLimits::put_user(std::string user, UserLimits limits) {
    Transaction transaction;
    if (limits == UserLimits())
        transaction.erase(user_limits_key(user));
    else
        transaction.put(user_limits_key(user), encode(limits));
    VARVE_CO_TRY(co_await commit_durably(engine_, std::move(transaction)));
    set_user(user, limits);
    co_return ok();
}

void SessionLimits::forget_vhost(const std::string& vhost, Transaction& transaction) {
    transaction.erase(vhost_limits_key(vhost));
    set_vhost(vhost, {});
}

void SessionLimits::forget_user(const std::string& user, Transaction& transaction) {
    transaction.erase(user_limits_key(user));
    set_user(user, {});
}

void SessionLimits::leave(Counts& counts, const std::string& name) {
    const auto found = counts.find(name);
    if (--found->second == 0) counts.erase(found);
}

Result<SessionLimits::Admission> SessionLimits::admit_connection(const std::string& vhost,
                                                                 const std::string& user) {
    const MutexLock lock(mutex_);
    const auto of_vhost = find(vhosts_, vhost).connections_max;
    if (is_reached(of_vhost, find(vhost_connections_, vhost))) {
        return refused("access to vhost '" + vhost + "' refused for user '" + user +
                       "': connection limit (" + std::to_string(*of_vhost) + ") is reached");
    }
    const auto of_user = find(users_, user).connections_max;
    if (is_reached(of_user, find(user_connections_, user))) {
        return refused("connection refused for user '" + user + "': user connection limit (" +
                       std::to_string(*of_user) + ") is reached");
    }
    ++vhost_connections_[vhost];
    ++user_connections_[user];
    return admission([self = shared_from_this(), vhost, user] {
        const MutexLock relock(self->mutex_);
        self->leave(self->vhost_connections_, vhost);
        self->leave(self->user_connections_, user);
    });
}

Result<SessionLimits::Admission> SessionLimits::admit_channel(const std::string& user) {
    const MutexLock lock(mutex_);
    const auto limit = find(users_, user).channels_max;
    if (is_reached(limit, find(user_channels_, user))) {
        return refused("number of channels opened for user '" + user +
                       "' has reached the maximum allowed limit of (" + std::to_string(*limit) +
                       ")");
    }
    ++user_channels_[user];
    return admission([self = shared_from_this(), user] {
        const MutexLock relock(self->mutex_);
        self->leave(self->user_channels_, user);
    });
}

Result<void> SessionLimits::admit_queue(const std::string& vhost,
                                        const std::string& name,
                                        uint64_t count) {
    const MutexLock lock(mutex_);
    const auto limit = find(vhosts_, vhost).queues_max;
    if (!is_reached(limit, count)) return ok();
    return refused("cannot declare queue '" + name + "': queue limit in vhost '" + vhost + "' (" +
                   std::to_string(*limit) + ") is reached");
}

void SessionLimits::set_vhost(const std::string& vhost, const VhostLimits& limits) {
    const MutexLock lock(mutex_);
    if (limits == VhostLimits())
        vhosts_.erase(vhost);
    else
        vhosts_[vhost] = limits;
}

void SessionLimits::set_user(const std::string& user, const UserLimits& limits) {
    const MutexLock lock(mutex_);
    if (limits == UserLimits())
        users_.erase(user);
    else
        users_[user] = limits;
}

std::map<std::string, VhostLimits> SessionLimits::vhosts() const {
    const MutexLock lock(mutex_);
    return vhosts_;
}

std::map<std::string, UserLimits> SessionLimits::users() const {
    const MutexLock lock(mutex_);
    return users_;
}

CatalogueKey vhost_limits_key(const std::string& vhost) { return {kVhostLimitsDefinition, vhost}; }
CatalogueKey user_limits_key(const std::string& user) { return {kUserLimitsDefinition, user}; }

std::string encode(const VhostLimits& limits) {
    return encode_two(limits.connections_max, limits.queues_max);
}
std::string encode(const UserLimits& limits) {
    return encode_two(limits.connections_max, limits.channels_max);
}

Result<VhostLimits> decode_vhost_limits(ByteView value) {
    VARVE_TRY(const Two two, decode_two(value));
    return VhostLimits{two.first, two.second};
}

Result<UserLimits> decode_user_limits(ByteView value) {
    VARVE_TRY(const Two two, decode_two(value));
    return UserLimits{two.first, two.second};
}

}  // namespace varve
