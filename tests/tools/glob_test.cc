#include "tools/text/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace varve {
namespace {

TEST(Glob, MatchesTheWholeName) {
    EXPECT_TRUE(glob_matches("celery", "celery"));
    EXPECT_FALSE(glob_matches("celery", "celery.dead"));
    EXPECT_FALSE(glob_matches("celery", "a celery"));
    EXPECT_TRUE(glob_matches("", ""));
    EXPECT_FALSE(glob_matches("", "x"));
}

TEST(Glob, StarsStandForAnyRunAndQuestionMarksForOneByte) {
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("billing.*", "billing.charge"));
    EXPECT_TRUE(glob_matches("*.dead*", "celery.dead.letters"));
    EXPECT_TRUE(glob_matches("a*b*c", "aXbXbXc"));
    EXPECT_FALSE(glob_matches("a*b*c", "aXbXbX"));
    EXPECT_TRUE(glob_matches("q?", "q1"));
    EXPECT_FALSE(glob_matches("q?", "q"));
}

TEST(Glob, ABackslashTakesTheNextByteAsItIs) {
    EXPECT_TRUE(glob_matches(R"(a\*)", "a*"));
    EXPECT_FALSE(glob_matches(R"(a\*)", "ab"));
    EXPECT_TRUE(glob_matches(R"(a\\b)", R"(a\b)"));
    EXPECT_TRUE(glob_matches("a\\", "a\\"));
}

TEST(Glob, ManyStarsDoNotTakeForEver) {
    std::string pattern;
    for (int i = 0; i < 50; ++i) pattern += "*a";
    EXPECT_FALSE(glob_matches(pattern + "b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace varve
