// Consuming and settling, as a client sees them on the wire of a real varved.
#include "tests/server/amqp/session_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using std::chrono::milliseconds;
using ::testing::StartsWith;

// ---- consuming

TEST_F(Session, ConsumeOkComesBeforeTheFirstDelivery) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.publish(1, to(queue_name()), "first");
    ready.peer.consume(1, queue_name(), "tag");

    const PeerMessage message = ready.peer.expect_delivery(1);
    EXPECT_EQ(message.consumer_tag, "tag");
    EXPECT_EQ(message.tag, 1u);
    EXPECT_EQ(message.body, "first");
    EXPECT_FALSE(message.redelivered);
}

TEST_F(Session, EmptyConsumerTagGetsAName) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    const auto ok = ready.peer.call<BasicConsumeOk>(1, BasicConsume{queue_name()});
    EXPECT_THAT(std::string(ok.consumer_tag), StartsWith("amq.ctag-"));
    EXPECT_EQ(ok.consumer_tag.size(), 9u + 22u);
}

TEST_F(Session, AConsumerTagIsUniqueOnItsChannel) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.consume(1, queue_name(), "t");
    ready.peer.send(1, BasicConsume{queue_name(), "t"});
    EXPECT_EQ(ready.peer.expect_connection_close(),
              "530 NOT_ALLOWED - attempt to reuse consumer tag 't' (60,20)");
}

TEST_F(Session, PrefetchOfTheChannelIsSharedAndChangesLive) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    for (int i = 0; i < 5; ++i) ready.peer.publish(1, to(queue_name()), "x");
    ready.peer.call<BasicQosOk>(1, BasicQos{0, 2, true});
    ready.peer.consume(1, queue_name(), "a");
    ready.peer.expect_delivery(1);
    ready.peer.expect_delivery(1);
    EXPECT_TRUE(ready.peer.is_silent_for(milliseconds(50)));

    ready.peer.call<BasicQosOk>(1, BasicQos{0, 3, true});
    EXPECT_EQ(ready.peer.expect_delivery(1).tag, 3u);
    EXPECT_TRUE(ready.peer.is_silent_for(milliseconds(50)));

    ready.peer.send(1, BasicAck{2, true});
    ready.peer.expect_delivery(1);
    EXPECT_EQ(ready.peer.expect_delivery(1).tag, 5u);
}

TEST_F(Session, PrefetchWithoutGlobalAppliesToConsumersToCome) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.call<BasicQosOk>(1, BasicQos{0, 1, false});
    ready.peer.consume(1, queue_name(), "a");
    ready.peer.consume(1, queue_name(), "b");
    for (int i = 0; i < 4; ++i) ready.peer.publish(1, to(queue_name()), "x");

    ready.peer.expect_delivery(1);
    ready.peer.expect_delivery(1);
    EXPECT_TRUE(ready.peer.is_silent_for(milliseconds(50)));
}

TEST_F(Session, AnUnknownDeliveryTagClosesTheChannel) {
    Ready ready;
    ready.peer.send(1, BasicAck{7, false});
    EXPECT_EQ(ready.peer.expect_channel_close(1),
              "406 PRECONDITION_FAILED - unknown delivery tag 7 (60,80)");
}

TEST_F(Session, RejectedAndNackedMessagesComeBackInOrder) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    for (const char* body : {"1", "2", "3"}) ready.peer.publish(1, to(queue_name()), body);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(ready.peer.get(1, queue_name()));
    ready.peer.send(1, BasicReject{2, true});
    ready.peer.send(1, BasicNack{0, true, true});

    for (const char* body : {"1", "2", "3"})
        EXPECT_EQ(ready.peer.get(1, queue_name(), true)->body, body);
    EXPECT_FALSE(ready.peer.get(1, queue_name()));
}

TEST_F(Session, RecoverGivesEverythingBack) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.publish(1, to(queue_name()), "x");
    ASSERT_TRUE(ready.peer.get(1, queue_name()));
    ready.peer.call<BasicRecoverOk>(1, BasicRecover{true});
    EXPECT_TRUE(ready.peer.get(1, queue_name())->redelivered);
    ready.peer.send(1, BasicRecover{false});
    EXPECT_THAT(ready.peer.expect_connection_close(), StartsWith("540 NOT_IMPLEMENTED"));
}

TEST_F(Session, WhatACancelledConsumerGotCanStillBeSettled) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.publish(1, to(queue_name()), "x");
    ready.peer.consume(1, queue_name(), "t");
    const uint64_t tag = ready.peer.expect_delivery(1).tag;
    ready.peer.call<BasicCancelOk>(1, BasicCancel{"t"});
    ready.peer.publish(1, to(queue_name()), "y");
    EXPECT_TRUE(ready.peer.is_silent_for(milliseconds(50)));
    ready.peer.send(1, BasicAck{tag, false});
    EXPECT_EQ(ready.peer.get(1, queue_name(), true)->body, "y");
}

TEST_F(Session, ConsumersOfADeletedQueueAreToldIfTheyUnderstand) {
    PeerOptions options;
    options.client_properties = capabilities("consumer_cancel_notify");
    Ready told(options);
    told.peer.declare_queue(1, queue_name());
    told.peer.consume(1, queue_name(), "t");
    Ready other;
    other.peer.call<QueueDeleteOk>(1, QueueDelete{queue_name()});
    EXPECT_EQ(told.peer.expect<BasicCancel>(1).consumer_tag, "t");
}

TEST_F(Session, AbruptEndOfAConnectionGivesItsMessagesToOthers) {
    Ready first;
    first.peer.declare_queue(1, queue_name());
    first.peer.publish(1, to(queue_name()), "x");
    first.peer.consume(1, queue_name());
    first.peer.expect_delivery(1);
    Ready second;
    second.peer.consume(1, queue_name());

    first.peer.close();

    EXPECT_TRUE(second.peer.expect_delivery(1).redelivered);
}

TEST_F(Session, TheNextActiveConsumerGetsFirstWhatTheLastOneHeld) {
    const std::string arguments =
        FieldTable{{"x-single-active-consumer", FieldValue::boolean(true)}}.encode();
    Ready first;
    Ready second;
    // Several, so that some are on another shard than the connections.
    for (int i = 0; i < 8; ++i) {
        const std::string queue = queue_name() + std::to_string(i);
        first.peer.call<QueueDeclareOk>(1, QueueDeclare{.queue = queue, .arguments = arguments});
        for (const char* body : {"1", "2", "3", "4"}) first.peer.publish(1, to(queue), body);
        first.peer.call<BasicQosOk>(1, BasicQos{0, 2, false});
        first.peer.consume(1, queue);
        first.peer.expect_delivery(1);
        first.peer.expect_delivery(1);
        second.peer.consume(1, queue, queue);

        first.peer.call<ChannelCloseOk>(1, ChannelClose{200, "bye", 0, 0});
        first.peer.open_channel(1);

        for (const char* body : {"1", "2", "3", "4"})
            EXPECT_EQ(second.peer.expect_delivery(1).body, body);
    }
}

TEST_F(Session, ASlowReaderGetsEverythingInTheEnd) {
    PeerOptions options;
    options.receive_buffer = 8192;
    Ready slow(options);
    slow.peer.declare_queue(1, queue_name());
    slow.peer.consume(1, queue_name(), "t", true);
    Ready publisher;
    publisher.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
    const std::string body(100000, 'b');
    for (int i = 0; i < 200; ++i) publisher.peer.publish(1, to(queue_name()), body);
    for (uint64_t confirmed = 0; confirmed < 200;)
        confirmed = publisher.peer.expect<BasicAck>(1).delivery_tag;

    for (uint64_t tag = 1; tag <= 200; ++tag) {
        const PeerMessage message = slow.peer.expect_delivery(1);
        ASSERT_EQ(message.tag, tag);
        ASSERT_EQ(message.body.size(), body.size());
    }
}

// The answer to passive declares of a queue, once it stays the same.
uint32_t settled_count(ScriptedPeer& peer, std::string_view queue) {
    QueueDeclare passive{.queue = queue, .passive = true};
    uint32_t count = 0;
    for (int same = 0; same < 2000; ++same) {
        const uint32_t now = peer.call<QueueDeclareOk>(1, passive).message_count;
        if (std::exchange(count, now) != now) same = 0;
    }
    return count;
}

// Nothing went to its consumer since the outbox filled up with what is another one's.
TEST_F(Session, AConsumerBehindAnotherOnesBacklogGetsItsMessageWhenThatIsRead) {
    // Given a connection that does not read what one of its consumers gets.
    const std::string busy = queue_name() + "-busy";
    const std::string quiet = queue_name() + "-quiet";
    PeerOptions options;
    options.receive_buffer = 8192;
    Ready slow(options);
    slow.peer.declare_queue(1, busy);
    slow.peer.declare_queue(1, quiet);
    slow.peer.consume(1, quiet, "quiet", true);
    slow.peer.consume(1, busy, "busy", true);
    Ready publisher;
    publisher.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
    constexpr uint32_t kCount = 300;
    const std::string body(100000, 'b');
    for (uint32_t i = 0; i < kCount; ++i) publisher.peer.publish(1, to(busy), body);
    for (uint64_t confirmed = 0; confirmed < kCount;)
        confirmed = publisher.peer.expect<BasicAck>(1).delivery_tag;
    Ready watcher;
    ASSERT_GT(settled_count(watcher.peer, busy), 0u);

    // When the other one is sent something that has to wait. The kernel may have taken a little
    // more meanwhile: then there is room for the first ones.
    uint32_t sent = 0;
    while (settled_count(watcher.peer, quiet) == 0) {
        publisher.peer.publish(1, to(quiet), body);
        publisher.peer.expect<BasicAck>(1);
        ASSERT_LT(++sent, kCount);
    }

    // Then it gets that as soon as there is room.
    uint32_t quiet_count = 0;
    for (uint32_t i = 0; i < kCount + sent; ++i)
        quiet_count += slow.peer.expect_delivery(1).consumer_tag == "quiet";
    EXPECT_EQ(quiet_count, sent);
}

}  // namespace
}  // namespace varve
