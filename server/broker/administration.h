// Users, their rights, and vhosts: what an operator changes, by HTTP or on the command line.
#pragma once

#include "engine/base/result.h"
#include "server/async/task.h"
#include "server/auth/account.h"
#include "server/auth/peer_place.h"
#include "server/broker/broker_shard.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace varve {

class Accounts;  // server/auth/accounts.h: everything below at one moment, immutable

// Whether what is there already is changed or refused (`already_exists`).
enum class IfThere : uint8_t { change, refuse };

// What becomes of the password of a user that is put. RabbitMQ's hashes come as base64 of 4 bytes
// of salt and the digest.
struct PasswordChange {
    enum class Kind : uint8_t {
        keep,    // as it was; a new user has none, and logs in by certificate only
        set,     // `text` is the password
        hashed,  // `text` is base64 of a hash of `algorithm`
        clear,   // none any more
    };
    Kind kind = Kind::keep;
    std::string text;
    PasswordAlgorithm algorithm = PasswordAlgorithm::rabbitmq_sha256;
};

struct UserChange {
    std::string name;
    PasswordChange password;
    std::optional<std::vector<std::string>> tags;  // none: as they were
    IfThere if_there = IfThere::change;
};

// Tasks of changes resume when the change is durable (docs/durability.md, P1) and every shard has
// it; they hop to shard 0 and back. Errors: `not_found` no such user or vhost, `already_exists`,
// `invalid_argument` a name, a hash or a regular expression that does not do, `busy` too many
// passwords wait to be hashed. Texts are for people: they name what is wrong.
//
// Who may call what is for the caller to decide: nothing here asks for tags.
//
// Threading: Shard-bound; BrokerShard::administration() has the one of its shard.
class Administration {
public:
    struct Parts;
    explicit Administration(std::unique_ptr<Parts> parts);
    ~Administration();

    // Users, permissions, topic permissions and vhosts as this shard knows them now, sorted by
    // name.
    std::shared_ptr<const Accounts> accounts() const;

    // ---- vhosts

    // Adds or changes. The new vhost has its predeclared exchanges; nobody has rights in it yet.
    Task<Result<void>> put_vhost(VhostFacts vhost, IfThere if_there);
    // With its queues, exchanges, bindings and rights; connections to it are closed with 320.
    Task<Result<void>> delete_vhost(std::string name);

    // ---- users

    // Adds or changes.
    Task<Result<void>> put_user(UserChange change);
    // With his rights; his connections are closed with 320.
    Task<Result<void>> delete_user(std::string name);

    // ---- rights: `not_found` without the user or the vhost

    // Replaces what the user had in this vhost.
    Task<Result<void>> set_permission(Permission permission);
    // Nothing to do is not an error.
    Task<Result<void>> clear_permission(std::string user, std::string vhost);
    Task<Result<void>> set_topic_permission(TopicPermission permission);
    // Without `exchange`: those of all exchanges of the vhost.
    Task<Result<void>> clear_topic_permission(std::string user,
                                              std::string vhost,
                                              std::optional<std::string> exchange);

    // ---- who somebody is

    // `access_refused` with the reason, which is for the operator's log and not for the client; it
    // takes as long for users that do not exist. `busy`: too many logins of this place wait. `peer`
    // is the address without a port: one address cannot keep the others waiting.
    Task<Result<Identity>> authenticate(std::string user,
                                        std::string password,
                                        PeerPlace place,
                                        std::string peer);
    // Of somebody whose certificate was verified.
    Result<Identity> identify(const std::string& user, PeerPlace place) const;

    // What a session of this user may do follows from his rights, as they are at each moment.
    // `not_found` no such vhost; `access_refused` no right in it: RabbitMQ's texts. The id is the
    // caller's; end the session with BrokerShard::end_session().
    Result<SessionContext> open_session(const Identity& identity,
                                        const std::string& vhost,
                                        SessionId id,
                                        std::string peer);

    // Called on this shard when users, rights or vhosts have changed. Returns a handle that ends
    // the subscription when it is destroyed.
    std::shared_ptr<void> on_change(std::function<void()> handler);

private:
    // None: as it was.
    Task<Result<std::optional<PasswordHash>>> hashed(PasswordChange change);

    std::unique_ptr<Parts> parts_;
};

}  // namespace varve
