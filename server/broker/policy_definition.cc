// Policies as catalogue entries.
#include "engine/base/bytes.h"
#include "server/broker/policy.h"

namespace varve {

namespace {

constexpr uint8_t kVersion = 1;

Result<std::string> text(ByteReader& reader) {
    VARVE_TRY(const ByteView bytes, reader.sized());
    return std::string(bytes);
}

}  // namespace

CatalogueKey policy_key(PolicyKind kind, const std::string& vhost, const std::string& name) {
    std::string id;
    ByteWriter writer(id);
    writer.u8(static_cast<uint8_t>(kind));
    writer.sized(vhost);
    writer.bytes(name);
    return {kPolicyDefinition, std::move(id)};
}

std::string encode(const Policy& policy) {
    std::string out;
    ByteWriter writer(out);
    writer.u8(kVersion);
    writer.u8(static_cast<uint8_t>(policy.kind));
    writer.sized(policy.vhost);
    writer.sized(policy.name);
    writer.sized(policy.pattern);
    writer.u8(static_cast<uint8_t>(policy.apply_to));
    writer.u32_le(static_cast<uint32_t>(policy.priority));
    writer.sized(policy.definition);
    return out;
}

Result<Policy> decode_policy(ByteView value) {
    ByteReader reader(value);
    VARVE_TRY(const uint8_t version, reader.u8());
    if (version > kVersion)
        return Error{ErrorCode::newer_format, "policy of version " + std::to_string(version)};
    Policy policy;
    VARVE_TRY(const uint8_t kind, reader.u8());
    VARVE_TRY(policy.vhost, text(reader));
    VARVE_TRY(policy.name, text(reader));
    VARVE_TRY(policy.pattern, text(reader));
    VARVE_TRY(const uint8_t target, reader.u8());
    VARVE_TRY(const uint32_t priority, reader.u32_le());
    VARVE_TRY(policy.definition, text(reader));
    if (kind > 1 || target >= kPolicyTargetCount)
        return Error{ErrorCode::corrupt, "policy '" + policy.name + "' of an unknown kind"};
    VARVE_TRY(amqp::FieldTable::decode(policy.definition));
    policy.kind = static_cast<PolicyKind>(kind);
    policy.apply_to = static_cast<PolicyTarget>(target);
    policy.priority = static_cast<int32_t>(priority);
    return policy;
}

}  // namespace varve
