#include "server/auth/password.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr ScryptCost kCheap{.log2_n = 4, .r = 1, .p = 1};

TEST(Password, MatchesItsOwnHashAndNoOther) {
    const PasswordHash hash = hash_password("secret", kCheap);

    EXPECT_TRUE(matches("secret", hash));
    EXPECT_FALSE(matches("Secret", hash));
    EXPECT_FALSE(matches("", hash));
}

TEST(Password, IsSaltedSoThatTwoUsersWithOneLookDifferent) {
    EXPECT_NE(hash_password("secret", kCheap).bytes, hash_password("secret", kCheap).bytes);
}

// The example of RabbitMQ's documentation: salt 908D C60A, password test12.
TEST(Password, RabbitmqHashOfItsDocumentationMatches) {
    const auto hash = must(parse_rabbitmq_hash("kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
                                               PasswordAlgorithm::rabbitmq_sha256));

    EXPECT_TRUE(matches("test12", hash));
    EXPECT_FALSE(matches("test13", hash));
    EXPECT_EQ(to_base64(hash.bytes), "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
}

TEST(Password, HashOfTheWrongSizeOrAlphabetIsRefused) {
    for (const char* text :
         {"", "=", "====", "kI3G", "!!!!", "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30"}) {
        EXPECT_EQ(parse_rabbitmq_hash(text, PasswordAlgorithm::rabbitmq_sha256).error().code,
                  ErrorCode::invalid_argument)
            << text;
    }
}

TEST(Password, OurOwnHashGoesOutAndComesBack) {
    const PasswordHash hash = hash_password("secret", kCheap);

    const auto back = parse_rabbitmq_hash(to_base64(hash.bytes), PasswordAlgorithm::scrypt);

    EXPECT_EQ(must(back), hash);
}

TEST(Password, DamagedHashMatchesNothingAndCostsNothing) {
    PasswordHash hash = hash_password("secret", kCheap);
    hash.bytes[0] = 63;  // would take terabytes

    EXPECT_FALSE(matches("secret", hash));
    EXPECT_FALSE(matches("secret", {PasswordAlgorithm::scrypt, ""}));
    EXPECT_FALSE(matches("secret", {PasswordAlgorithm::rabbitmq_md5, "abcd"}));
    EXPECT_FALSE(matches("", {}));
}

TEST(Password, StandInMatchesNothing) { EXPECT_FALSE(matches("", unmatched_hash(kCheap))); }

}  // namespace
}  // namespace varve
