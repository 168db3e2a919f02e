// All users, their rights and the facts of vhosts at one moment.
#pragma once

#include "server/auth/account.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace varve {

// A copy is cheap enough for the rare change: each entry is shared with the copy it came from.
//
// Threading: Immutable once it is shared.
class Accounts {
public:
    using UserVhost = std::pair<std::string, std::string>;
    struct TopicKey {
        std::string user;
        std::string vhost;
        std::string exchange;
        auto operator<=>(const TopicKey&) const = default;
    };
    template <typename T>
    using Ref = std::shared_ptr<const T>;

    // Sorted by name; by user and vhost; by user, vhost and exchange.
    const std::map<std::string, Ref<User>, std::less<>>& users() const { return users_; }
    const std::map<std::string, Ref<VhostFacts>, std::less<>>& vhosts() const { return vhosts_; }
    const std::map<UserVhost, Ref<Permission>>& permissions() const { return permissions_; }
    const std::map<TopicKey, Ref<TopicPermission>>& topic_permissions() const {
        return topic_permissions_;
    }

    // Null if there is none.
    const User* find_user(std::string_view name) const;
    const VhostFacts* find_vhost(std::string_view name) const;
    const Permission* find_permission(const std::string& user, const std::string& vhost) const;
    const TopicPermission* find_topic_permission(const std::string& user,
                                                 const std::string& vhost,
                                                 const std::string& exchange) const;

    // Adds, or replaces what has the same key.
    void put(User user);
    void put(VhostFacts vhost);
    void put(Permission permission);
    void put(TopicPermission permission);
    void remove_user(const std::string& name);
    void remove_vhost(const std::string& name);
    void remove_permission(const std::string& user, const std::string& vhost);
    void remove_topic_permission(const TopicKey& key);

    // Rises with each change that is shared: decisions made with another number are to be made
    // again.
    uint64_t version() const { return version_; }
    void set_version(uint64_t version) { version_ = version; }

private:
    std::map<std::string, Ref<User>, std::less<>> users_;
    std::map<std::string, Ref<VhostFacts>, std::less<>> vhosts_;
    std::map<UserVhost, Ref<Permission>> permissions_;
    std::map<TopicKey, Ref<TopicPermission>> topic_permissions_;
    uint64_t version_ = 1;
};

}  // namespace varve
