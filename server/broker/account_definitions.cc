#include "server/broker/account_definitions.h"

#include "engine/base/bytes.h"

namespace varve {

namespace {

constexpr uint8_t kVersion = 1;

ByteWriter begin(std::string& out) {
    ByteWriter writer(out);
    writer.u8(kVersion);
    return writer;
}

Result<ByteReader> open(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version > kVersion) {
        return Error{ErrorCode::newer_format, "account of version " + std::to_string(version)};
    }
    return reader;
}

Result<std::string> text(ByteReader& reader) {
    VARVE_TRY(const ByteView bytes, reader.sized());
    return std::string(bytes);
}

void write(ByteWriter& writer, const std::vector<std::string>& texts) {
    writer.u16_le(static_cast<uint16_t>(texts.size()));
    for (const std::string& each : texts) writer.sized(each);
}

Result<std::vector<std::string>> texts(ByteReader& reader) {
    VARVE_TRY(const uint16_t count, reader.u16_le());
    std::vector<std::string> all;
    for (uint16_t i = 0; i < count; ++i) {
        VARVE_TRY(all.emplace_back(), text(reader));
    }
    return all;
}

CatalogueKey key(AccountKind kind, std::string id) {
    return {static_cast<uint8_t>(kind), std::move(id)};
}

}  // namespace

CatalogueKey user_key(const std::string& name) { return key(AccountKind::user, name); }

CatalogueKey permission_key(const std::string& user, const std::string& vhost) {
    std::string id;
    ByteWriter writer(id);
    writer.sized(user);
    writer.bytes(vhost);
    return key(AccountKind::permission, std::move(id));
}

CatalogueKey topic_permission_key(const Accounts::TopicKey& topic) {
    std::string id;
    ByteWriter writer(id);
    writer.sized(topic.user);
    writer.sized(topic.vhost);
    writer.bytes(topic.exchange);
    return key(AccountKind::topic_permission, std::move(id));
}

CatalogueKey vhost_facts_key(const std::string& vhost) {
    return key(AccountKind::vhost_facts, vhost);
}

CatalogueKey guest_made_key() { return key(AccountKind::guest_made, {}); }

std::string encode(const User& user) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(user.name);
    writer.u8(static_cast<uint8_t>(user.password.algorithm));
    writer.sized(user.password.bytes);
    write(writer, user.tags);
    return out;
}

std::string encode(const Permission& permission) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(permission.user);
    writer.sized(permission.vhost);
    writer.sized(permission.configure);
    writer.sized(permission.write);
    writer.sized(permission.read);
    return out;
}

std::string encode(const TopicPermission& permission) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(permission.user);
    writer.sized(permission.vhost);
    writer.sized(permission.exchange);
    writer.sized(permission.write);
    writer.sized(permission.read);
    return out;
}

std::string encode(const VhostFacts& vhost) {
    std::string out;
    ByteWriter writer = begin(out);
    writer.sized(vhost.name);
    writer.sized(vhost.description);
    write(writer, vhost.tags);
    writer.sized(vhost.default_queue_type);
    writer.u8(vhost.relaxed_redeclare ? 1 : 0);
    return out;
}

std::string encode_guest_made() {
    std::string out;
    begin(out);
    return out;
}

Result<User> decode_user(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    User user;
    VARVE_TRY(user.name, text(reader));
    VARVE_TRY(const uint8_t algorithm, reader.u8());
    if (algorithm > static_cast<uint8_t>(PasswordAlgorithm::rabbitmq_md5)) {
        return Error{ErrorCode::corrupt,
                     "password algorithm " + std::to_string(algorithm) + " of a user"};
    }
    user.password.algorithm = static_cast<PasswordAlgorithm>(algorithm);
    VARVE_TRY(user.password.bytes, text(reader));
    VARVE_TRY(user.tags, texts(reader));
    return user;
}

Result<Permission> decode_permission(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    Permission permission;
    VARVE_TRY(permission.user, text(reader));
    VARVE_TRY(permission.vhost, text(reader));
    VARVE_TRY(permission.configure, text(reader));
    VARVE_TRY(permission.write, text(reader));
    VARVE_TRY(permission.read, text(reader));
    return permission;
}

Result<TopicPermission> decode_topic_permission(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    TopicPermission permission;
    VARVE_TRY(permission.user, text(reader));
    VARVE_TRY(permission.vhost, text(reader));
    VARVE_TRY(permission.exchange, text(reader));
    VARVE_TRY(permission.write, text(reader));
    VARVE_TRY(permission.read, text(reader));
    return permission;
}

Result<VhostFacts> decode_vhost_facts(ByteView value) {
    VARVE_TRY(ByteReader reader, open(value));
    VhostFacts vhost;
    VARVE_TRY(vhost.name, text(reader));
    VARVE_TRY(vhost.description, text(reader));
    VARVE_TRY(vhost.tags, texts(reader));
    VARVE_TRY(vhost.default_queue_type, text(reader));
    VARVE_TRY(const uint8_t relaxed, reader.u8());
    vhost.relaxed_redeclare = relaxed != 0;
    return vhost;
}

}  // namespace varve
