#include "server/freed_memory.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace std::chrono_literals;

TEST(RestMeter, RestsOnceAfterWork) {
    RestMeter meter;
    EXPECT_FALSE(meter.rests(1ms)) << "it has done nothing yet";
    EXPECT_FALSE(meter.rests(2s));
    EXPECT_FALSE(meter.rests(4s));
    EXPECT_TRUE(meter.rests(4s + 20ms));
    EXPECT_FALSE(meter.rests(4s + 40ms)) << "what was freed has been given back";
    EXPECT_FALSE(meter.rests(5s));
    EXPECT_TRUE(meter.rests(5s + 1ms));
}

}  // namespace
}  // namespace varve
