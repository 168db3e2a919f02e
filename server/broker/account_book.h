// Decides every change of users and rights, on shard 0: checks it, tells every shard, makes it
// durable.
#pragma once

#include "engine/engine.h"
#include "server/async/shard.h"
#include "server/async/task.h"
#include "server/auth/accounts.h"
#include "server/auth/password.h"
#include "server/broker/topology_change.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace varve {

using AccountsRef = std::shared_ptr<const Accounts>;

struct UserUpdate {
    std::string name;
    std::optional<PasswordHash> password;
    std::optional<std::vector<std::string>> tags;
    bool must_be_new = false;  // else `already_exists`
};

// What the book needs. All outlive it.
struct AccountBookParts {
    Engine& engine;
    ShardSet& shards;
    // Hands the accounts over on a shard; called there.
    std::function<void(ShardIndex, AccountsRef)> tell;
};

// A right is given or taken as soon as it is handed to the engine, like a change of the topology;
// the caller resumes when it is durable and every shard has it.
//
// Threading: Shard-bound to shard 0, but for recover().
class AccountBook {
public:
    explicit AccountBook(AccountBookParts parts) : parts_(std::move(parts)) {}

    // From the catalogue; `vhosts` are those of the topology. Makes guest at the first start, with
    // all rights in `/`. Before the shards' threads run.
    Result<void> recover(const TopologyChanges& vhosts, const ScryptCost& cost);

    const AccountsRef& current() const { return current_; }

    // Adds the user, or changes what is given.
    Task<Result<void>> put_user(UserUpdate update);
    // With his rights, and with `facts` about him, in one transaction.
    Task<Result<void>> remove_user(std::string name, Transaction facts);
    Task<Result<void>> put_permission(Permission permission);
    Task<Result<void>> remove_permission(std::string user, std::string vhost);
    Task<Result<void>> put_topic_permission(TopicPermission permission);
    Task<Result<void>> remove_topic_permissions(std::string user,
                                                std::string vhost,
                                                std::optional<std::string> exchange);

    // ---- what of a vhost is the book's: goes into the registrar's transaction
    Transaction put_vhost(VhostFacts vhost);
    Transaction remove_vhost(const std::string& name);

private:
    Result<void> read_catalogue(Accounts& accounts, bool& guest_made) const;
    Result<void> make_guest(Accounts& accounts, const ScryptCost& cost);
    Result<void> check_holder(const std::string& user, const std::string& vhost) const;
    // From now on these are the accounts.
    void replace(Accounts accounts);
    Task<Result<void>> carry_out(Accounts accounts, Transaction transaction);

    AccountBookParts parts_;
    AccountsRef current_ = std::make_shared<const Accounts>();
};

}  // namespace varve
