// How many connections, channels and queues a vhost or a user may have.
#pragma once

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/engine.h"
#include "server/async/task.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace varve {

// None: no limit. 0 is a limit like any other.
struct VhostLimits {
    std::optional<uint64_t> connections_max;
    std::optional<uint64_t> queues_max;
    bool operator==(const VhostLimits&) const = default;
};
struct UserLimits {
    std::optional<uint64_t> connections_max;
    std::optional<uint64_t> channels_max;
    bool operator==(const UserLimits&) const = default;
};

// The limits that are set, and what is open now. A lower limit closes nothing that is open.
//
// Threading: Thread-safe. Looked at when something is opened, not on a message path.
class SessionLimits : public std::enable_shared_from_this<SessionLimits> {
public:
    // The engine outlives the calls that change something.
    explicit SessionLimits(Engine& engine) : engine_(engine) {}
    // What is in the catalogue; at start.
    Result<void> recover();

    // Held while the connection or channel is open.
    using Admission = std::shared_ptr<void>;

    // `precondition` with RabbitMQ's text.
    Result<Admission> admit_connection(const std::string& vhost, const std::string& user);
    Result<Admission> admit_channel(const std::string& user);
    Result<void> admit_queue(const std::string& vhost, const std::string& name, uint64_t count);

    // Resume when it is durable; then it holds. Limits without any number are none.
    Task<Result<void>> put_vhost(std::string vhost, VhostLimits limits);
    Task<Result<void>> put_user(std::string user, UserLimits limits);
    // Of who is about to go; `transaction` is the one that he goes with.
    void forget_vhost(const std::string& vhost, Transaction& transaction);
    void forget_user(const std::string& user, Transaction& transaction);
    std::map<std::string, VhostLimits> vhosts() const;
    std::map<std::string, UserLimits> users() const;

private:
    void set_vhost(const std::string& vhost, const VhostLimits& limits);
    void set_user(const std::string& user, const UserLimits& limits);
    using Counts = std::map<std::string, uint64_t>;
    void leave(Counts& counts, const std::string& name) VARVE_REQUIRES(mutex_);

    Engine& engine_;
    mutable Mutex mutex_;  // nothing is called under it
    std::map<std::string, VhostLimits> vhosts_ VARVE_GUARDED_BY(mutex_);
    std::map<std::string, UserLimits> users_ VARVE_GUARDED_BY(mutex_);
    Counts vhost_connections_ VARVE_GUARDED_BY(mutex_);
    Counts user_connections_ VARVE_GUARDED_BY(mutex_);
    Counts user_channels_ VARVE_GUARDED_BY(mutex_);
};

// ---- in the catalogue: docs/storage-format.md

constexpr uint8_t kVhostLimitsDefinition = 33;
constexpr uint8_t kUserLimitsDefinition = 34;
CatalogueKey vhost_limits_key(const std::string& vhost);
CatalogueKey user_limits_key(const std::string& user);
std::string encode(const VhostLimits& limits);
std::string encode(const UserLimits& limits);
// `corrupt`, or `newer_format`.
Result<VhostLimits> decode_vhost_limits(ByteView value);
Result<UserLimits> decode_user_limits(ByteView value);

}  // namespace varve
