// How long a delayed message waits, in stages.
#include "server/broker/delay.h"

#include "server/message/field_table.h"
#include "server/message/properties.h"

#include <gtest/gtest.h>

#include <map>

namespace varve {
namespace {

using namespace amqp;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTenYears{315'360'000'000};

std::chrono::milliseconds delay(const FieldValue& value) {
    return delay_of(FieldTable{{"x-delay", value}}.encode());
}

TEST(Delay, IsAnIntegerOfAnyWidthUpToTenYears) {
    EXPECT_EQ(delay(FieldValue::integer(1500)), 1500ms);
    EXPECT_EQ(delay({FieldInteger{7, 'b'}}), 7ms);
    EXPECT_EQ(delay(FieldValue::integer(kTenYears.count())), kTenYears);
    EXPECT_EQ(delay(FieldValue::integer(kTenYears.count() + 1)), kTenYears);
}

TEST(Delay, IsNoneIfItIsMissingNegativeOrNoInteger) {
    EXPECT_EQ(delay_of(FieldTable{}.encode()), 0ms);
    EXPECT_EQ(delay(FieldValue::integer(-5)), 0ms);
    EXPECT_EQ(delay(FieldValue::string("soon")), 0ms);
}

TEST(Delay, StagesAddUpToTheWait) {
    for (const auto wait : {1ms, 31ms, 32ms, 33ms, 1000ms, 600'000ms, 86'400'000ms, kTenYears}) {
        auto left = wait;
        int stages = 0;
        for (; left > 0ms; ++stages) {
            const DelayStage stage = delay_stage(left);
            ASSERT_GT(stage.length, 0ms);
            ASSERT_LE(stage.length, left);
            ASSERT_LE(stage.level, kDelayLevelMax);
            left -= stage.length;
        }
        EXPECT_LE(stages, 8);
    }
}

// Otherwise a message could stand behind one that is due later.
TEST(Delay, EveryStageOfALevelIsEquallyLong) {
    std::map<Level, std::chrono::milliseconds> lengths;
    for (auto left = 1ms; left <= kTenYears; left += left / 7 + 1ms) {
        const DelayStage stage = delay_stage(left);
        const auto [known, is_new] = lengths.try_emplace(stage.level, stage.length);
        EXPECT_EQ(known->second, stage.length);
    }
}

TEST(Delay, IsNegativeWhenItIsOver) {
    const std::string headers =
        FieldTable{{"k", FieldValue::string("v")}, {"x-delay", FieldValue::integer(5)}}.encode();
    const std::string before = PropertiesBuilder().headers(headers).delivery_mode(2).encode();

    const std::string after = with_delay_over(before);

    const auto parsed = must(Properties::parse(after));
    EXPECT_TRUE(parsed.persistent());
    EXPECT_EQ(delay_of(parsed.headers()), 0ms);
    const auto table = must(FieldTable::decode(parsed.headers()));
    EXPECT_EQ(table.integer("x-delay"), -5);
    EXPECT_EQ(std::get<FieldInteger>(table.find("x-delay")->value).code, 'I');
    EXPECT_EQ(table.string("k"), "v");
}

TEST(Delay, QueueOfAnExchangeIsKnownByItsName) {
    EXPECT_TRUE(is_delay_queue(delay_queue_name("x")));
    EXPECT_FALSE(is_delay_queue("x"));
}

}  // namespace
}  // namespace varve
