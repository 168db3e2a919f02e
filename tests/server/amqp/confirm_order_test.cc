#include "server/amqp/confirm_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace varve::amqp {
namespace {

using ::testing::ElementsAre;

// "+7*" is basic.ack of 7 with multiple, "-7" is basic.nack.
std::vector<std::string> told(std::initializer_list<ConfirmRange> ranges) {
    ConfirmOrder order;
    std::vector<std::string> replies;
    for (const ConfirmRange& range : ranges) {
        order.settle(range, [&](uint64_t tag, bool multiple, bool accepted) {
            replies.push_back((accepted ? "+" : "-") + std::to_string(tag) + (multiple ? "*" : ""));
        });
    }
    return replies;
}

TEST(ConfirmOrder, ARunFromTheLowestIsToldByOneMethod) {
    EXPECT_THAT(told({{1, 4}, {4, 5}, {5, 9}}), ElementsAre("+3*", "+4", "+8*"));
}

TEST(ConfirmOrder, WhatOvertakesIsToldOneByOne) {
    EXPECT_THAT(told({{3, 5}, {1, 3}}), ElementsAre("+3", "+4", "+2*"));
}

TEST(ConfirmOrder, WhatWasToldBeforeIsNotWaitedForAgain) {
    EXPECT_THAT(told({{3, 5}, {7, 8}, {5, 7}, {1, 3}, {8, 10}}),
                ElementsAre("+3", "+4", "+7", "+5", "+6", "+2*", "+9*"));
}

TEST(ConfirmOrder, RefusedOnesAreNacked) {
    EXPECT_THAT(told({{1, 3}, {3, 4, false}, {4, 6, false}}), ElementsAre("+2*", "-3", "-5*"));
}

}  // namespace
}  // namespace varve::amqp
