#include "server/broker/consumer_list.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

Consumer consumer(uint32_t prefetch, int32_t priority = 0, bool exclusive = false) {
    Consumer made{
        .port = std::make_shared<ConsumerPort>(), .priority = priority, .exclusive = exclusive};
    made.port->consumer_credit = std::make_shared<CreditGate>(prefetch);
    return made;
}

TEST(ConsumerList, TakesConsumersInTurn) {
    ConsumerList list;
    list.add(consumer(0));
    list.add(consumer(0));
    Consumer* first = list.take();
    Consumer* second = list.take();
    EXPECT_NE(first, second);
    EXPECT_EQ(list.take(), first);
}

TEST(ConsumerList, HigherPriorityGetsEverythingWhileItHasCredit) {
    ConsumerList list;
    const Consumer low = consumer(0, 1);
    const Consumer high = consumer(2, 5);
    list.add(low);
    list.add(high);
    EXPECT_EQ(list.take()->port, high.port);
    EXPECT_EQ(list.take()->port, high.port);
    EXPECT_EQ(list.take()->port, low.port);

    high.port->consumer_credit->give_back(1);
    list.poke();
    EXPECT_EQ(list.take()->port, high.port);
}

TEST(ConsumerList, WithoutCreditNobodyIsAskedAgainUntilPoked) {
    ConsumerList list;
    const Consumer only = consumer(1);
    list.add(only);
    EXPECT_NE(list.take(), nullptr);
    EXPECT_EQ(list.take(), nullptr);
    EXPECT_FALSE(list.may_take());

    only.port->consumer_credit->give_back(1);
    EXPECT_TRUE(only.port->consumer_credit->take_starved());
    list.poke();
    EXPECT_TRUE(list.may_take());
    EXPECT_NE(list.take(), nullptr);
}

TEST(ConsumerList, ChannelLimitHoldsForAllItsConsumersTogether) {
    ConsumerList list;
    const auto channel = std::make_shared<CreditGate>(3);
    for (int i = 0; i < 2; ++i) {
        Consumer one = consumer(0);
        one.port->channel_credit = channel;
        list.add(one);
    }
    for (int i = 0; i < 3; ++i) EXPECT_NE(list.take(), nullptr);
    EXPECT_EQ(list.take(), nullptr);
    EXPECT_EQ(channel->used(), 3u);
}

TEST(ConsumerList, RefusalByTheChannelTakesNoCreditOfTheConsumer) {
    ConsumerList list;
    Consumer one = consumer(10);
    one.port->channel_credit = std::make_shared<CreditGate>(1);
    list.add(one);
    EXPECT_NE(list.take(), nullptr);
    EXPECT_EQ(list.take(), nullptr);
    EXPECT_EQ(one.port->consumer_credit->used(), 1u);
}

TEST(ConsumerList, FullOutboxStopsDeliveryUntilItDrains) {
    ConsumerList list;
    Consumer one = consumer(0);
    one.port->outbox = std::make_shared<OutboxGauge>();
    one.port->outbox->add(kOutboxMax);
    list.add(one);
    EXPECT_EQ(list.take(), nullptr);
    EXPECT_TRUE(one.port->outbox->take_starved());

    one.port->outbox->subtract(kOutboxMax);
    list.poke();
    EXPECT_NE(list.take(), nullptr);
}

TEST(ConsumerList, AutomaticAcknowledgementNeedsNoCredit) {
    ConsumerList list;
    Consumer one = consumer(1);
    one.ack_mode = AckMode::automatic;
    list.add(one);
    for (int i = 0; i < 5; ++i) EXPECT_NE(list.take(), nullptr);
    EXPECT_EQ(one.port->consumer_credit->used(), 0u);
}

TEST(ConsumerList, RemovedConsumerIsGoneAndTheOthersGoOn) {
    ConsumerList list;
    const Consumer gone = consumer(0);
    const Consumer here = consumer(0, 0, true);
    list.add(gone);
    list.add(here);
    EXPECT_TRUE(list.remove(*gone.port));
    EXPECT_FALSE(list.remove(*gone.port));
    EXPECT_EQ(list.count(), 1u);
    EXPECT_TRUE(list.has_exclusive());
    EXPECT_EQ(list.take()->port, here.port);
    EXPECT_EQ(list.find(*gone.port), nullptr);
}

}  // namespace
}  // namespace varve
