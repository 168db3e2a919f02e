#include "server/auth/accounts.h"

namespace varve {

namespace {

template <typename Map, typename Key>
auto* find(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : found->second.get();
}

}  // namespace

const User* Accounts::find_user(std::string_view name) const { return find(users_, name); }

const VhostFacts* Accounts::find_vhost(std::string_view name) const { return find(vhosts_, name); }

const Permission* Accounts::find_permission(const std::string& user,
                                            const std::string& vhost) const {
    return find(permissions_, UserVhost(user, vhost));
}

const TopicPermission* Accounts::find_topic_permission(const std::string& user,
                                                       const std::string& vhost,
                                                       const std::string& exchange) const {
    if (topic_permissions_.empty()) return nullptr;
    return find(topic_permissions_, TopicKey{user, vhost, exchange});
}

void Accounts::put(User user) {
    auto entry = std::make_shared<const User>(std::move(user));
    users_[entry->name] = entry;
}

void Accounts::put(VhostFacts vhost) {
    auto entry = std::make_shared<const VhostFacts>(std::move(vhost));
    vhosts_[entry->name] = entry;
}

void Accounts::put(Permission permission) {
    auto entry = std::make_shared<const Permission>(std::move(permission));
    permissions_[{entry->user, entry->vhost}] = entry;
}

void Accounts::put(TopicPermission permission) {
    auto entry = std::make_shared<const TopicPermission>(std::move(permission));
    topic_permissions_[{entry->user, entry->vhost, entry->exchange}] = entry;
}

void Accounts::remove_user(const std::string& name) {
    users_.erase(name);
    std::erase_if(permissions_, [&](const auto& entry) { return entry.first.first == name; });
    std::erase_if(topic_permissions_, [&](const auto& entry) { return entry.first.user == name; });
}

void Accounts::remove_vhost(const std::string& name) {
    vhosts_.erase(name);
    std::erase_if(permissions_, [&](const auto& entry) { return entry.first.second == name; });
    std::erase_if(topic_permissions_, [&](const auto& entry) { return entry.first.vhost == name; });
}

void Accounts::remove_permission(const std::string& user, const std::string& vhost) {
    permissions_.erase({user, vhost});
}

void Accounts::remove_topic_permission(const TopicKey& key) { topic_permissions_.erase(key); }

}  // namespace varve
