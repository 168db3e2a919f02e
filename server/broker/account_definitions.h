// Users, rights and facts of vhosts as catalogue entries. Format: docs/storage-format.md,
// Catalogue.
#pragma once

#include "engine/base/result.h"
#include "engine/transaction.h"
#include "server/auth/accounts.h"

#include <string>

namespace varve {

// Numbers of the format, beside those of DefinitionKind.
enum class AccountKind : uint8_t {
    user = 16,
    permission = 17,
    topic_permission = 18,
    vhost_facts = 19,
    guest_made = 20,  // the first start is over: guest is not made again, whatever became of him
};

CatalogueKey user_key(const std::string& name);
CatalogueKey permission_key(const std::string& user, const std::string& vhost);
CatalogueKey topic_permission_key(const Accounts::TopicKey& topic);
CatalogueKey vhost_facts_key(const std::string& vhost);
CatalogueKey guest_made_key();

std::string encode(const User& user);
std::string encode(const Permission& permission);
std::string encode(const TopicPermission& permission);
std::string encode(const VhostFacts& vhost);
std::string encode_guest_made();

// `corrupt`, or `newer_format`.
Result<User> decode_user(ByteView value);
Result<Permission> decode_permission(ByteView value);
Result<TopicPermission> decode_topic_permission(ByteView value);
Result<VhostFacts> decode_vhost_facts(ByteView value);

}  // namespace varve
