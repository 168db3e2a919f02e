#include "server/auth/name_pattern.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(NamePattern, MatchesAnywhereUnlessAnchored) {
    EXPECT_TRUE(right_matches("tasks", "my-tasks-1"));
    EXPECT_FALSE(right_matches("^tasks$", "my-tasks-1"));
    EXPECT_TRUE(right_matches(".*", ""));
    EXPECT_TRUE(right_matches("^(celery|amq\\.gen-.*)$", "amq.gen-1"));
}

TEST(NamePattern, EmptyPatternIsNoRightAtAll) {
    EXPECT_FALSE(right_matches("", "anything"));
    EXPECT_TRUE(right_matches("", ""));
}

TEST(NamePattern, MistakeIsNamedWithItsPlace) {
    const auto pattern = NamePattern::compile("a(b");

    EXPECT_EQ(pattern.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(pattern.error().detail.find("at 3"), std::string::npos) << pattern.error().detail;
    EXPECT_FALSE(right_matches("a(b", "ab"));
}

TEST(NamePattern, HostilePatternIsGivenUpAndMatchesNothing) {
    const auto exponential = must(NamePattern::compile("^(a+)+$"));
    const auto deep = must(NamePattern::compile("^(?:(?:(a|b|ab)*)*)*c"));

    EXPECT_FALSE(exponential.matches(std::string(200, 'a') + "!"));
    EXPECT_FALSE(deep.matches(std::string(60000, 'a')));
    EXPECT_FALSE(NamePattern::compile(std::string(5000, '(')));
}

}  // namespace
}  // namespace varve
