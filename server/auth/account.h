// What is known of a user: a name, a password that nobody can read back, tags, and rights in
// vhosts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

// How a password was hashed. Numbers of the format: docs/storage-format.md, Catalogue.
enum class PasswordAlgorithm : uint8_t {
    none = 0,             // no password logs this user in: a certificate may
    scrypt = 1,           // ours
    rabbitmq_sha256 = 2,  // 4 bytes of salt, then the digest of salt and password
    rabbitmq_sha512 = 3,
    rabbitmq_md5 = 4,
};

struct PasswordHash {
    PasswordAlgorithm algorithm = PasswordAlgorithm::none;
    std::string bytes;
    bool operator==(const PasswordHash&) const = default;
};

struct User {
    std::string name;
    PasswordHash password;
    std::vector<std::string> tags;  // "administrator", "monitoring", ... any word
    bool operator==(const User&) const = default;
};

// Regular expressions over the names of queues and exchanges; an empty one matches nothing.
struct Permission {
    std::string user;
    std::string vhost;
    std::string configure;
    std::string write;
    std::string read;
    bool operator==(const Permission&) const = default;
};

// Regular expressions over routing keys of one topic exchange; who has none there is not limited.
struct TopicPermission {
    std::string user;
    std::string vhost;
    std::string exchange;
    std::string write;
    std::string read;
    bool operator==(const TopicPermission&) const = default;
};

struct VhostFacts {
    std::string name;
    std::string description;
    std::vector<std::string> tags;
    std::string default_queue_type;  // empty: classic
    bool relaxed_redeclare = false;  // declaring a queue again may change what can be changed
    bool operator==(const VhostFacts&) const = default;
};

// Who somebody turned out to be.
struct Identity {
    std::string user;
    std::vector<std::string> tags;
    bool has_tag(std::string_view tag) const { return std::ranges::find(tags, tag) != tags.end(); }
};

}  // namespace varve
