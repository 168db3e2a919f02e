#include "server/broker/session_rights.h"

#include "server/broker/resource.h"

namespace varve {

namespace {

constexpr size_t kExchangesMax = 16;  // that one connection publishes to in turns
constexpr size_t kKeysMax = 16;

const std::string& pattern_of(const Permission& permission, Right right) {
    switch (right) {
        case Right::configure:
            return permission.configure;
        case Right::write:
            return permission.write;
        case Right::read:
            break;
    }
    return permission.read;
}

// As the rights' patterns name it.
std::string_view name_of(const Resource& resource) {
    const bool is_default = resource.kind == ResourceKind::exchange && resource.name.empty();
    return is_default ? "amq.default" : resource.name;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.replace(at, what.size(), with);
        at += with.size();
    }
}

// A name within a pattern stands for itself, whatever characters it has.
std::string quoted(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
        if (!plain) text.push_back('\\');
        text.push_back(c);
    }
    return text;
}

}  // namespace

SessionRights::SessionRights(std::string user, std::string vhost)
    : user_(std::move(user)), vhost_(std::move(vhost)) {}

Error SessionRights::refusal(const Resource& resource) const {
    const std::string_view name = name_of(resource);
    const std::string text = resource.kind == ResourceKind::queue ? queue_text(name, vhost_)
                                                                  : exchange_text(name, vhost_);
    return {ErrorCode::access_refused, "access to " + text + " refused for user '" + user_ + "'"};
}

Error SessionRights::topic_refusal(std::string_view exchange, std::string_view key) const {
    return {ErrorCode::access_refused,
            "access to topic '" + std::string(key) + "' in " + exchange_text(exchange, vhost_) +
                " refused for user '" + user_ + "'"};
}

Result<void> SessionRights::check(const Accounts& accounts,
                                  Right right,
                                  const Resource& resource) const {
    const Permission* permission = accounts.find_permission(user_, vhost_);
    if (permission == nullptr ||
        !right_matches(pattern_of(*permission, right), name_of(resource))) {
        return refusal(resource);
    }
    return ok();
}

Result<void> SessionRights::check_any(const Accounts& accounts, const Resource& resource) const {
    for (const Right right : {Right::configure, Right::write, Right::read}) {
        if (check(accounts, right, resource)) return ok();
    }
    return refusal(resource);
}

// The user's own name in a pattern, as RabbitMQ has it; its characters mean nothing there.
std::string SessionRights::expanded(const std::string& pattern) const {
    std::string text = pattern;
    replace_all(text, "{username}", quoted(user_));
    replace_all(text, "{vhost}", quoted(vhost_));
    return text;
}

Result<void> SessionRights::check_topic(const Accounts& accounts,
                                        Right right,
                                        std::string_view exchange,
                                        std::string_view key) const {
    const TopicPermission* permission =
        accounts.find_topic_permission(user_, vhost_, std::string(exchange));
    if (permission == nullptr) return ok();
    const std::string& pattern = right == Right::write ? permission->write : permission->read;
    if (!right_matches(expanded(pattern), key)) return topic_refusal(exchange, key);
    return ok();
}

bool SessionRights::has_tag(const Accounts& accounts, std::string_view tag) const {
    const User* user = accounts.find_user(user_);
    return user != nullptr && std::ranges::find(user->tags, tag) != user->tags.end();
}

SessionRights::Decided SessionRights::decide(const Accounts& accounts,
                                             std::string_view exchange) const {
    Decided made;
    made.exchange = exchange;
    made.publishing.allowed =
        check(accounts, Right::write, {ResourceKind::exchange, exchange}).has_value();
    if (const auto* limits = accounts.find_topic_permission(user_, vhost_, made.exchange)) {
        made.publishing.limited = true;
        const std::string pattern = limits->write.empty() ? "^$" : expanded(limits->write);
        if (auto keys = NamePattern::compile(pattern)) made.keys = std::move(*keys);
    }
    return made;
}

SessionRights::Decided& SessionRights::decided(const Accounts& accounts,
                                               std::string_view exchange) {
    if (version_ != accounts.version()) {
        decided_.clear();
        last_ = next_ = 0;
        version_ = accounts.version();
    }
    if (last_ < decided_.size() && decided_[last_].exchange == exchange) return decided_[last_];
    for (last_ = 0; last_ < decided_.size(); ++last_) {
        if (decided_[last_].exchange == exchange) return decided_[last_];
    }
    if (decided_.size() < kExchangesMax) {
        decided_.push_back(decide(accounts, exchange));
    } else {
        last_ = next_++ % kExchangesMax;
        decided_[last_] = decide(accounts, exchange);
    }
    return decided_[last_];
}

SessionRights::Publishing SessionRights::publishing(const Accounts& accounts,
                                                    std::string_view exchange) {
    return decided(accounts, exchange).publishing;
}

Result<void> SessionRights::check_key(const Accounts& accounts,
                                      std::string_view exchange,
                                      std::string_view key) {
    Decided& about = decided(accounts, exchange);
    for (const Decided::Key& recent : about.recent_keys) {
        if (recent.key != key) continue;
        if (!recent.allowed) return topic_refusal(exchange, key);
        return ok();
    }
    const bool allowed = about.keys && about.keys->matches(key);
    Decided::Key made{std::string(key), allowed};
    if (about.recent_keys.size() < kKeysMax) {
        about.recent_keys.push_back(std::move(made));
    } else {
        about.recent_keys[about.next_key++ % kKeysMax] = std::move(made);
    }
    if (!allowed) return topic_refusal(exchange, key);
    return ok();
}

}  // namespace varve
