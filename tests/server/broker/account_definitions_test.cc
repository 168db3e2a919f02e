#include "server/broker/account_definitions.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

const User kUser{"worker", {PasswordAlgorithm::scrypt, "bytes"}, {"monitoring", "impersonator"}};

TEST(AccountDefinitions, ComeBackAsTheyWere) {
    const Permission permission{"worker", "/", "^c", "^w", ".*"};
    const TopicPermission topic{"worker", "/", "amq.topic", "^w", ".*"};
    const VhostFacts vhost{"v", "for tests", {"a", "b"}, "quorum", true};

    EXPECT_EQ(must(decode_user(encode(kUser))), kUser);
    EXPECT_EQ(must(decode_permission(encode(permission))), permission);
    EXPECT_EQ(must(decode_topic_permission(encode(topic))), topic);
    EXPECT_EQ(must(decode_vhost_facts(encode(vhost))), vhost);
}

TEST(AccountDefinitions, KeysOfDifferentThingsDiffer) {
    EXPECT_NE(permission_key("a", "bc"), permission_key("ab", "c"));
    EXPECT_NE(topic_permission_key({"a", "b", "c"}), topic_permission_key({"a", "bc", ""}));
    EXPECT_NE(user_key("a"), vhost_facts_key("a"));
}

TEST(AccountDefinitions, LaterVersionIsToldFromDamage) {
    std::string user = encode(kUser);
    user[0] = 2;
    EXPECT_EQ(decode_user(user).error().code, ErrorCode::newer_format);
    EXPECT_EQ(decode_user(encode(kUser).substr(0, 9)).error().code, ErrorCode::corrupt);
    EXPECT_EQ(decode_permission("").error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace varve
