// A policy: arguments for every queue or exchange whose name matches a pattern, which may change
// while those live. docs/policies.md
#pragma once

#include "engine/base/result.h"
#include "engine/transaction.h"
#include "server/message/field_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// Numbers of the format: docs/storage-format.md, Catalogue.
enum class PolicyKind : uint8_t {
    user = 0,
    operators = 1,  // limits what users ask for
};
enum class PolicyTarget : uint8_t {
    all = 0,
    queues = 1,
    classic_queues = 2,
    quorum_queues = 3,
    streams = 4,
    exchanges = 5,
};
constexpr uint8_t kPolicyTargetCount = 6;
// As RabbitMQ's API has them: "all", "queues", ...
std::string_view to_string(PolicyTarget target);
std::optional<PolicyTarget> policy_target(std::string_view name);

struct Policy {
    PolicyKind kind = PolicyKind::user;
    std::string vhost;
    std::string name;
    std::string pattern;  // a regular expression: server/auth/name_pattern.h
    PolicyTarget apply_to = PolicyTarget::all;
    int32_t priority = 0;    // of those that match, the highest counts
    std::string definition;  // encoded field table: names without "x-"
    bool operator==(const Policy&) const = default;
};

// `invalid_argument` with RabbitMQ's text for a pattern that does not compile, a name that means
// nothing, and a value that makes no sense.
Result<void> check_policy(const Policy& policy);

// How values of one name from two sources are brought together.
enum class PolicyMerge : uint8_t { minimum, first };
PolicyMerge policy_merge(std::string_view name);

// ---- in the catalogue

constexpr uint8_t kPolicyDefinition = 32;  // the kind of its key
CatalogueKey policy_key(PolicyKind kind, const std::string& vhost, const std::string& name);
std::string encode(const Policy& policy);
// `corrupt`, or `newer_format`.
Result<Policy> decode_policy(ByteView value);

}  // namespace varve
