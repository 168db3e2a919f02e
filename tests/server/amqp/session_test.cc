// Life cycle of connections and channels, as a client sees it on the wire of a real varved.
#include "tests/server/amqp/session_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// ---- the beginning and the end

TEST_F(Session, OtherProtocolsAreAnsweredWithOurs) {
    ScriptedPeer peer(port());
    peer.send_bytes(std::string_view("AMQP\x01\x01\x00\x0a", 8));
    EXPECT_EQ(peer.read_bytes(), kProtocolHeader);
    EXPECT_TRUE(peer.ends());
}

TEST_F(Session, HttpIsAnsweredInHttp) {
    ScriptedPeer peer(port());
    peer.send_bytes("GET /api/queues/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(peer.read_bytes(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(peer.ends());
}

TEST_F(Session, WrongPasswordIsToldToClientsThatUnderstand) {
    PeerOptions options;
    options.response = std::string("\0guest\0wrong", 12);
    options.client_properties = capabilities("authentication_failure_close");
    ScriptedPeer peer(port(), options);
    try {
        peer.log_in();
        FAIL() << "was let in";
    } catch (const UnexpectedReply& reply) {
        EXPECT_THAT(
            reply.what(),
            HasSubstr(
                "403 ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"));
    }
}

TEST_F(Session, UnknownVhostIsToldByName) {
    PeerOptions options;
    options.vhost = "nowhere";
    ScriptedPeer peer(port(), options);
    try {
        peer.log_in();
        FAIL() << "was let in";
    } catch (const UnexpectedReply& reply) {
        EXPECT_THAT(reply.what(), HasSubstr("530 NOT_ALLOWED - vhost nowhere not found (10,40)"));
    }
}

TEST_F(Session, ClosesWhenTheClientAsks) {
    Ready ready;
    ready.peer.call<ConnectionCloseOk>(0, ConnectionClose{200, "bye", 0, 0});
    EXPECT_TRUE(ready.peer.ends());
}

TEST_F(Session, WhatWasPublishedIsInItsQueueWhenTheCloseIsAnswered) {
    Ready other;
    other.peer.declare_queue(1, queue_name());
    for (int round = 0; round < 20; ++round) {
        Ready ready;
        ready.peer.publish(1, to(queue_name()), "x", kPersistentMessage);
        if (round % 2 == 0)
            ready.peer.call<ChannelCloseOk>(1, ChannelClose{200, "", 0, 0});
        else
            ready.peer.call<ConnectionCloseOk>(0, ConnectionClose{200, "", 0, 0});
        ASSERT_TRUE(other.peer.get(1, queue_name(), true)) << round;
    }
}

TEST_F(Session, HeartbeatsGoOutAndAreMissed) {
    PeerOptions options;
    options.heartbeat = 1;
    ScriptedPeer peer(port(), options);
    peer.log_in();

    EXPECT_EQ(peer.read_frame(ScriptedPeer::Heartbeats::show).type, FrameType::heartbeat);
    // This peer says nothing: it is taken for dead.
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THROW(peer.read_frame(), UnexpectedReply);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

// ---- channels

TEST_F(Session, ChannelIsUsableAgainRightAfterItsError) {
    Ready ready;
    ready.peer.send(1, QueueDeclare{queue_name(), true});
    EXPECT_EQ(ready.peer.expect_channel_close(1),
              "404 NOT_FOUND - no queue '" + queue_name() + "' in vhost '/' (50,10)");
    ready.peer.open_channel(1);
    ready.peer.declare_queue(1, queue_name());
}

TEST_F(Session, EverythingIsDiscardedBetweenAChannelErrorAndItsCloseOk) {
    Ready ready;
    ready.peer.begin_batch();
    ready.peer.send(1, QueueDeclare{queue_name(), true});
    ready.peer.publish(1, to(queue_name(), true), "lost");
    ready.peer.send(1, QueueDeclare{queue_name(), false});
    ready.peer.end_batch();

    ready.peer.expect_channel_close(1);
    ready.peer.open_channel(1);
    ready.peer.send(1, QueueDeclare{queue_name(), true});
    EXPECT_THAT(ready.peer.expect_channel_close(1), StartsWith("404"));
}

TEST_F(Session, MethodsOnAChannelThatIsNotOpenCloseTheConnection) {
    Ready ready;
    ready.peer.publish(2, to("q"), "x");
    EXPECT_EQ(ready.peer.expect_connection_close(),
              "504 CHANNEL_ERROR - expected 'channel.open' (60,40)");
    EXPECT_TRUE(ready.peer.ends());
}

TEST_F(Session, ChannelsBeyondTheLimitCloseTheConnection) {
    PeerOptions options;
    options.channel_max = 1;
    Ready ready(options);
    ready.peer.send(2, ChannelOpen{});
    EXPECT_THAT(ready.peer.expect_connection_close(),
                StartsWith("530 NOT_ALLOWED - number of channels opened (1)"));
}

TEST_F(Session, AClosedChannelGivesBackWhatItHadInOrder) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    for (const char* body : {"1", "2", "3"}) ready.peer.publish(1, to(queue_name()), body);
    ready.peer.consume(1, queue_name());
    for (int i = 0; i < 3; ++i) ready.peer.expect_delivery(1);

    ready.peer.call<ChannelCloseOk>(1, ChannelClose{200, "", 0, 0});

    ready.peer.open_channel(1);
    for (const char* body : {"1", "2", "3"}) {
        const auto message = ready.peer.get(1, queue_name(), true);
        ASSERT_TRUE(message);
        EXPECT_EQ(message->body, body);
        EXPECT_TRUE(message->redelivered);
    }
}

}  // namespace
}  // namespace varve
