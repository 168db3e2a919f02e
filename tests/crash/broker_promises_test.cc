// What reaches the disk and what waits for it, as seen by the clients of a broker
// (docs/durability.md).
#include "tests/support/broker_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

using testing::SizeIs;

// What was written, but for the next journal file, which the broker prepares ahead in its own time.
size_t writes(const FaultyFileSystem& disk) {
    const std::vector<IoEvent> events = disk.events();
    return static_cast<size_t>(std::ranges::count_if(events, [](const IoEvent& event) {
        return event.kind == IoKind::write && !event.path.string().ends_with(".new");
    }));
}

// P9.
TEST(Broker, ATransientMessageCostsNoWriteFromPublishingToItsAcknowledgement) {
    BrokerHome home;
    RunningBroker broker(home);
    BrokerSession session(broker);
    session.queue("durable");
    must(session.declare(QueueDeclaration{.name = "transient", .durable = false}));
    for (const std::string queue : {"durable", "transient"}) {
        SCOPED_TRACE(queue);
        const auto consumer = must(session.consume(queue));
        broker.quiesce();
        const size_t written = writes(*home.disk);

        for (int i = 0; i < 20; ++i)
            must(session.publish({.key = queue, .persistent = queue == "transient"}));
        const auto received = consumer->take(20);
        for (const Received& each : received) session.settle(each, SettleAction::ack, consumer);
        broker.quiesce();

        EXPECT_THAT(received, SizeIs(20));
        EXPECT_EQ(writes(*home.disk), written);
    }
}

// P3.
TEST(Broker, AMessageThatDidNotBecomeDurableReachesNobody) {
    BrokerHome home;
    RunningBroker broker(home);
    BrokerSession session(broker);
    session.queue("q");
    const auto consumer = must(session.consume("q"));
    must(session.publish({.key = "q", .body = "durable"}));
    EXPECT_THAT(consumer->take(1), SizeIs(1));
    broker.quiesce();
    home.disk->fail_every_sync();

    EXPECT_FALSE(session.publish({.key = "q", .body = "lost"}));

    EXPECT_EQ(consumer->waiting_count(), 0U);
    session.abandon();
    broker.crash();
}

}  // namespace
}  // namespace varve
