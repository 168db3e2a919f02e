#include "server/broker/account_book.h"

#include "server/async/durable.h"
#include "server/broker/account_definitions.h"

namespace varve {

namespace {

constexpr const char* kGuest = "guest";
constexpr const char* kDefaultVhost = "/";

Error no_user(const std::string& name) { return {ErrorCode::not_found, "no user '" + name + "'"}; }

void erase_rights(
    const Accounts& accounts,
    Transaction& transaction,
    const std::function<bool(const std::string& user, const std::string& vhost)>& of) {
    for (const auto& [key, permission] : accounts.permissions()) {
        if (of(key.first, key.second)) transaction.erase(permission_key(key.first, key.second));
    }
    for (const auto& [key, permission] : accounts.topic_permissions()) {
        if (of(key.user, key.vhost)) transaction.erase(topic_permission_key(key));
    }
}

}  // namespace

Result<void> AccountBook::read_catalogue(Accounts& accounts, bool& guest_made) const {
    const auto add = [&](const CatalogueKey& key, ByteView value) -> Result<void> {
        switch (static_cast<AccountKind>(key.kind)) {
            case AccountKind::user: {
                VARVE_TRY(User user, decode_user(value));
                accounts.put(std::move(user));
                break;
            }
            case AccountKind::permission: {
                VARVE_TRY(Permission permission, decode_permission(value));
                accounts.put(std::move(permission));
                break;
            }
            case AccountKind::topic_permission: {
                VARVE_TRY(TopicPermission permission, decode_topic_permission(value));
                accounts.put(std::move(permission));
                break;
            }
            case AccountKind::vhost_facts: {
                VARVE_TRY(VhostFacts vhost, decode_vhost_facts(value));
                accounts.put(std::move(vhost));
                break;
            }
            case AccountKind::guest_made:
                guest_made = true;
                break;
            default:
                break;  // the topology's
        }
        return ok();
    };
    Result<void> outcome;
    parts_.engine.for_each_definition([&](const CatalogueKey& key, ByteView value) {
        if (outcome) outcome = add(key, value);
    });
    return outcome;
}

Result<void> AccountBook::recover(const TopologyChanges& vhosts, const ScryptCost& cost) {
    Accounts accounts;
    bool guest_made = false;
    for (const TopologyChange& change : vhosts) {
        if (const auto* added = std::get_if<VhostAdded>(&change))
            accounts.put(VhostFacts{.name = added->vhost});
    }
    VARVE_TRY(read_catalogue(accounts, guest_made));
    if (!guest_made) VARVE_TRY(make_guest(accounts, cost));
    current_ = std::make_shared<const Accounts>(std::move(accounts));
    for (ShardIndex index = 0; index < parts_.shards.count(); ++index) parts_.tell(index, current_);
    return ok();
}

Result<void> AccountBook::make_guest(Accounts& accounts, const ScryptCost& cost) {
    const User guest{kGuest, hash_password(kGuest, cost), {"administrator"}};
    const Permission all{kGuest, kDefaultVhost, ".*", ".*", ".*"};
    Transaction transaction;
    transaction.put(user_key(guest.name), encode(guest));
    if (accounts.find_vhost(kDefaultVhost) != nullptr) {
        transaction.put(permission_key(all.user, all.vhost), encode(all));
        accounts.put(all);
    }
    transaction.put(guest_made_key(), encode_guest_made());
    accounts.put(guest);
    VARVE_TRY(parts_.engine.commit_and_wait(std::move(transaction)));
    return ok();
}

void AccountBook::replace(Accounts accounts) {
    accounts.set_version(current_->version() + 1);
    current_ = std::make_shared<const Accounts>(std::move(accounts));
    parts_.tell(0, current_);
    for (ShardIndex index = 1; index < parts_.shards.count(); ++index) {
        parts_.shards.at(index).post(
            [this, index, accounts = current_] { parts_.tell(index, accounts); });
    }
}

Task<Result<void>> AccountBook::carry_out(Accounts accounts, Transaction transaction) {
    replace(std::move(accounts));
    VARVE_CO_TRY(co_await commit_durably(parts_.engine, std::move(transaction)));
    // What was posted before this arrives before it.
    for (ShardIndex index = 1; index < parts_.shards.count(); ++index)
        co_await on_shard(parts_.shards.at(index), [] {});
    co_return ok();
}

Result<void> AccountBook::check_holder(const std::string& user, const std::string& vhost) const {
    if (current_->find_user(user) == nullptr) return no_user(user);
    if (current_->find_vhost(vhost) == nullptr)
        return Error{ErrorCode::not_found, "no vhost '" + vhost + "'"};
    return ok();
}

Task<Result<void>> AccountBook::put_user(UserUpdate update) {
    const User* known = current_->find_user(update.name);
    if (known != nullptr && update.must_be_new) {
        co_return Error{ErrorCode::already_exists, "user '" + update.name + "' already exists"};
    }
    User user = known == nullptr ? User{update.name, {}, {}} : *known;
    if (update.password) user.password = std::move(*update.password);
    if (update.tags) user.tags = std::move(*update.tags);
    Accounts next = *current_;
    Transaction transaction;
    transaction.put(user_key(user.name), encode(user));
    next.put(std::move(user));
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Task<Result<void>> AccountBook::remove_user(std::string name, Transaction facts) {
    if (current_->find_user(name) == nullptr) co_return no_user(name);
    Accounts next = *current_;
    Transaction transaction = std::move(facts);
    transaction.erase(user_key(name));
    erase_rights(next, transaction, [&](const std::string& user, const std::string& /*vhost*/) {
        return user == name;
    });
    next.remove_user(name);
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Task<Result<void>> AccountBook::put_permission(Permission permission) {
    VARVE_CO_TRY(check_holder(permission.user, permission.vhost));
    Accounts next = *current_;
    Transaction transaction;
    transaction.put(permission_key(permission.user, permission.vhost), encode(permission));
    next.put(std::move(permission));
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Task<Result<void>> AccountBook::remove_permission(std::string user, std::string vhost) {
    VARVE_CO_TRY(check_holder(user, vhost));
    Accounts next = *current_;
    Transaction transaction;
    transaction.erase(permission_key(user, vhost));
    next.remove_permission(user, vhost);
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Task<Result<void>> AccountBook::put_topic_permission(TopicPermission permission) {
    VARVE_CO_TRY(check_holder(permission.user, permission.vhost));
    Accounts next = *current_;
    Transaction transaction;
    transaction.put(topic_permission_key({permission.user, permission.vhost, permission.exchange}),
                    encode(permission));
    next.put(std::move(permission));
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Task<Result<void>> AccountBook::remove_topic_permissions(std::string user,
                                                         std::string vhost,
                                                         std::optional<std::string> exchange) {
    VARVE_CO_TRY(check_holder(user, vhost));
    Accounts next = *current_;
    Transaction transaction;
    for (const auto& [key, permission] : current_->topic_permissions()) {
        if (key.user != user || key.vhost != vhost) continue;
        if (exchange && key.exchange != *exchange) continue;
        transaction.erase(topic_permission_key(key));
        next.remove_topic_permission(key);
    }
    if (transaction.empty()) co_return ok();
    co_return co_await carry_out(std::move(next), std::move(transaction));
}

Transaction AccountBook::put_vhost(VhostFacts vhost) {
    Accounts next = *current_;
    Transaction transaction;
    transaction.put(vhost_facts_key(vhost.name), encode(vhost));
    next.put(std::move(vhost));
    replace(std::move(next));
    return transaction;
}

Transaction AccountBook::remove_vhost(const std::string& name) {
    Accounts next = *current_;
    Transaction transaction;
    transaction.erase(vhost_facts_key(name));
    erase_rights(next, transaction, [&](const std::string& /*user*/, const std::string& vhost) {
        return vhost == name;
    });
    next.remove_vhost(name);
    replace(std::move(next));
    return transaction;
}

}  // namespace varve
