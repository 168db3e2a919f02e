#include "tools/text/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve {
namespace {

const std::vector<std::string> kNames = {"celery", "celery.dead", "orders", "urgent"};

TEST(Nearest, FindsWhatWasMistyped) {
    EXPECT_EQ("celery", nearest("celry", kNames));
    EXPECT_EQ("celery", nearest("ceelry", kNames));
    EXPECT_EQ("celery", nearest("Celery", kNames));
    EXPECT_EQ("orders", nearest("order", kNames));
    EXPECT_EQ("celery.dead", nearest("celery-dead", kNames));
}

TEST(Nearest, DoesNotGuessWild) {
    EXPECT_EQ(std::nullopt, nearest("emails", kNames));
    EXPECT_EQ(std::nullopt, nearest("", kNames));
    EXPECT_EQ(std::nullopt, nearest("x", kNames));
    EXPECT_EQ(std::nullopt, nearest(std::string(100'000, 'c'), kNames));
    EXPECT_EQ(std::nullopt, nearest("celery", std::vector<std::string>()));
}

}  // namespace
}  // namespace varve
