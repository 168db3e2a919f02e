// What the user of one session may do in its vhost.
#pragma once

#include "engine/base/result.h"
#include "server/auth/accounts.h"
#include "server/auth/name_pattern.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

enum class Right : uint8_t { configure, write, read };
enum class ResourceKind : uint8_t { exchange, queue };

struct Resource {
    ResourceKind kind = ResourceKind::queue;
    std::string_view name;  // an empty one is the default exchange
};

// Users with this tag take messages from queues, and do not read what those have kept.
constexpr std::string_view kNoReplayTag = "no-replay";

// Refusals are `access_refused` with RabbitMQ's text. Decisions follow the accounts that are handed
// in: what the publish path asks is remembered per exchange until their version changes, so that no
// regular expression runs per message.
//
// Threading: Shard-bound. One per session.
class SessionRights {
public:
    SessionRights(std::string user, std::string vhost);

    Result<void> check(const Accounts& accounts, Right right, const Resource& resource) const;
    // Whether there is any right in it: enough to learn that it exists.
    Result<void> check_any(const Accounts& accounts, const Resource& resource) const;
    // The routing key of a topic exchange; no limit unless the user has one there.
    Result<void> check_topic(const Accounts& accounts,
                             Right right,
                             std::string_view exchange,
                             std::string_view key) const;
    bool has_tag(const Accounts& accounts, std::string_view tag) const;

    // ---- the publish path

    // May he publish there? If so, and if his routing keys are limited there, whether the exchange
    // is a topic exchange matters: then ask for the key, too.
    struct Publishing {
        bool allowed = false;
        bool limited = false;
    };
    Publishing publishing(const Accounts& accounts, std::string_view exchange);
    Result<void> check_key(const Accounts& accounts,
                           std::string_view exchange,
                           std::string_view key);
    Error refusal(const Resource& resource) const;

private:
    // What was decided about one exchange.
    struct Decided {
        std::string exchange;
        Publishing publishing;
        std::optional<NamePattern> keys;  // that may be used, if they are limited
        struct Key {
            std::string key;
            bool allowed = false;
        };
        std::vector<Key> recent_keys;
        size_t next_key = 0;
    };
    Decided& decided(const Accounts& accounts, std::string_view exchange);
    Decided decide(const Accounts& accounts, std::string_view exchange) const;
    std::string expanded(const std::string& pattern) const;
    Error topic_refusal(std::string_view exchange, std::string_view key) const;

    const std::string user_;
    const std::string vhost_;
    uint64_t version_ = 0;
    std::vector<Decided> decided_;
    size_t last_ = 0;  // the exchange most likely to come next
    size_t next_ = 0;  // to be replaced when all places are taken
};

}  // namespace varve
