#include "server/broker/administration.h"

#include "server/async/durable.h"
#include "server/async/resumed_by.h"
#include "server/auth/accounts.h"
#include "server/auth/authenticator.h"
#include "server/auth/name_pattern.h"
#include "server/broker/account_book.h"
#include "server/broker/administration_parts.h"
#include "server/broker/broker_parts.h"
#include "server/broker/session_rights.h"

namespace varve {

namespace {

constexpr size_t kNameSizeMax = 255;  // what fits into AMQP's short strings

Error wrong(std::string text) { return {ErrorCode::invalid_argument, std::move(text)}; }

Result<void> check_name(std::string_view kind, const std::string& name) {
    if (!name.empty() && name.size() <= kNameSizeMax) return ok();
    return wrong(std::string(kind) + " name has to have 1 to 255 bytes");
}

Result<void> check_patterns(std::initializer_list<std::reference_wrapper<const std::string>> all) {
    for (const std::string& pattern : all) VARVE_TRY(NamePattern::compile(pattern));
    return ok();
}

Result<void> check_default_queue_type(const std::string& type) {
    if (type.empty() || queue_type_of(type)) return ok();
    return wrong("default queue type '" + type + "' is not known: classic, quorum or stream");
}

// On shard 0.
Task<Result<void>> put_vhost_there(const BrokerCommons& commons, VhostFacts vhost, IfThere there) {
    AccountBook& book = commons.book();
    Registrar& registrar = commons.registrar();
    const std::string name = vhost.name;
    if (registrar.is_leaving(name))
        co_return Error{ErrorCode::busy, "vhost '" + name + "' is being deleted"};
    if (book.current()->find_vhost(name) == nullptr)
        co_return co_await registrar.add_vhost(name, book.put_vhost(std::move(vhost)));
    if (there == IfThere::refuse)
        co_return Error{ErrorCode::already_exists, "vhost '" + name + "' already exists"};
    co_return co_await commit_durably(commons.engine, book.put_vhost(std::move(vhost)));
}

// On shard 0.
Task<Result<void>> delete_vhost_there(const BrokerCommons& commons, std::string name) {
    AccountBook& book = commons.book();
    if (book.current()->find_vhost(name) == nullptr)
        co_return Error{ErrorCode::not_found, "no vhost '" + name + "'"};
    Transaction facts = book.remove_vhost(name);
    co_await commons.registrar().empty_vhost(name);
    commons.policies().forget(name, facts);
    commons.limits.forget_vhost(name, facts);
    co_return co_await commons.registrar().remove_vhost(std::move(name), std::move(facts));
}

// On shard 0.
Task<Result<void>> delete_user_there(const BrokerCommons& commons, std::string name) {
    if (commons.book().current()->find_user(name) == nullptr)
        co_return Error{ErrorCode::not_found, "no user '" + name + "'"};
    Transaction facts;
    commons.limits.forget_user(name, facts);
    co_return co_await commons.book().remove_user(std::move(name), std::move(facts));
}

}  // namespace

Administration::Administration(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Administration::~Administration() = default;

AccountsRef Administration::accounts() const { return parts_->shard.accounts; }

Task<Result<void>> Administration::put_vhost(VhostFacts vhost, IfThere if_there) {
    VARVE_CO_TRY(check_name("vhost", vhost.name));
    VARVE_CO_TRY(check_default_queue_type(vhost.default_queue_type));
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0),
                              put_vhost_there(commons, std::move(vhost), if_there));
}

Task<Result<void>> Administration::delete_vhost(std::string name) {
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0), delete_vhost_there(commons, std::move(name)));
}

Task<Result<void>> Administration::put_user(UserChange change) {
    VARVE_CO_TRY(check_name("user", change.name));
    VARVE_CO_TRY(auto password, co_await hashed(std::move(change.password)));
    UserUpdate update{std::move(change.name),
                      std::move(password),
                      std::move(change.tags),
                      change.if_there == IfThere::refuse};
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0), commons.book().put_user(std::move(update)));
}

Task<Result<std::optional<PasswordHash>>> Administration::hashed(PasswordChange change) {
    using Kind = PasswordChange::Kind;
    if (change.kind == Kind::keep) co_return std::optional<PasswordHash>();
    if (change.kind == Kind::clear) co_return std::optional(PasswordHash());
    if (change.kind == Kind::hashed) {
        VARVE_CO_TRY(PasswordHash hash, parse_rabbitmq_hash(change.text, change.algorithm));
        co_return std::optional(std::move(hash));
    }
    if (change.text.empty()) co_return wrong("a password must not be empty");
    Authenticator& authenticator = parts_->commons().authenticator;
    VARVE_CO_TRY(PasswordHash hash, co_await resumed_by<Result<PasswordHash>>([&](auto resume) {
                     authenticator.hash(std::move(change.text), std::move(resume));
                 }));
    co_return std::optional(std::move(hash));
}

Task<Result<void>> Administration::delete_user(std::string name) {
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0), delete_user_there(commons, std::move(name)));
}

Task<Result<void>> Administration::set_permission(Permission permission) {
    VARVE_CO_TRY(check_patterns({permission.configure, permission.write, permission.read}));
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0),
                              commons.book().put_permission(std::move(permission)));
}

Task<Result<void>> Administration::clear_permission(std::string user, std::string vhost) {
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0),
                              commons.book().remove_permission(std::move(user), std::move(vhost)));
}

Task<Result<void>> Administration::set_topic_permission(TopicPermission permission) {
    VARVE_CO_TRY(check_patterns({permission.write, permission.read}));
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0),
                              commons.book().put_topic_permission(std::move(permission)));
}

Task<Result<void>> Administration::clear_topic_permission(std::string user,
                                                          std::string vhost,
                                                          std::optional<std::string> exchange) {
    const BrokerCommons& commons = parts_->commons();
    co_return co_await run_on(commons.shards.at(0),
                              commons.book().remove_topic_permissions(
                                  std::move(user), std::move(vhost), std::move(exchange)));
}

Task<Result<Identity>> Administration::authenticate(std::string user,
                                                    std::string password,
                                                    PeerPlace place,
                                                    std::string peer) {
    const AccountsRef before = accounts();
    const User* known = before->find_user(user);
    Authenticator::Login login{user, std::move(password), std::nullopt, std::move(peer)};
    if (known != nullptr) login.stored = known->password;
    const bool blank = login.password.empty();
    Authenticator& authenticator = parts_->commons().authenticator;
    VARVE_CO_TRY(const bool right, co_await resumed_by<Result<bool>>([&](auto resume) {
                     authenticator.check(std::move(login), std::move(resume));
                 }));
    if (known == nullptr) co_return Error{ErrorCode::access_refused, "no such user"};
    if (!right || blank) co_return Error{ErrorCode::access_refused, "wrong password"};
    const User* now = accounts()->find_user(user);
    if (now == nullptr || now->password != known->password)
        co_return Error{ErrorCode::access_refused, "the password has just been changed"};
    co_return identify(user, place);
}

Result<Identity> Administration::identify(const std::string& user, PeerPlace place) const {
    const User* known = parts_->shard.accounts->find_user(user);
    if (known == nullptr) return Error{ErrorCode::access_refused, "no such user"};
    const auto local = parts_->commons().login_rules.now().loopback_users;
    if (place != PeerPlace::loopback && std::ranges::find(local, user) != local.end()) {
        return Error{ErrorCode::access_refused,
                     "this user may connect from this machine only (--loopback-users)"};
    }
    return Identity{known->name, known->tags};
}

Result<SessionContext> Administration::open_session(const Identity& identity,
                                                    const std::string& vhost,
                                                    SessionId id,
                                                    std::string peer) {
    BrokerShard::Parts& shard = parts_->shard;
    Vhost* found = shard.topology.find_vhost(vhost);
    if (found == nullptr || shard.accounts->find_vhost(vhost) == nullptr)
        return Error{ErrorCode::not_found, "vhost " + vhost + " not found"};
    if (shard.accounts->find_permission(identity.user, vhost) == nullptr) {
        return Error{ErrorCode::access_refused,
                     "access to vhost '" + vhost + "' refused for user '" + identity.user + "'"};
    }
    return SessionContext{.id = id,
                          .vhost = found,
                          .vhost_name = vhost,
                          .user = identity.user,
                          .peer = std::move(peer),
                          .rights = std::make_shared<SessionRights>(identity.user, vhost)};
}

std::shared_ptr<void> Administration::on_change(std::function<void()> handler) {
    auto subscription = std::make_shared<std::function<void()>>(std::move(handler));
    parts_->shard.accounts_subscriptions.push_back(subscription);
    return subscription;
}

}  // namespace varve
