// What a client sees on the wire, against a real varved: life cycle of connections and channels,
// and the methods on them.
#include "server/message/field_table.h"
#include "tests/support/broker_process.h"
#include "tests/support/scripted_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kPersistentMessage("\x10\x00\x02", 3);  // delivery_mode 2 alone

// One broker for all tests here; each uses queues of its own.
class Session : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        broker_ = new BrokerProcess({"--heartbeat", "1", "--message-size-max", "1MiB"});
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(broker_->stop(), 0) << broker_->diag();
        delete broker_;
    }
    static uint16_t port() { return broker_->port(); }

    // With channel 1 open, and a queue named after the test.
    struct Ready {
        explicit Ready(const PeerOptions& options = {}) : peer(port(), options) {
            peer.log_in();
            peer.open_channel(1);
        }
        ScriptedPeer peer;
    };
    static std::string queue_name() {
        return ::testing::UnitTest::GetInstance()->current_test_info()->name();
    }

    static BasicPublish to(std::string_view queue, bool mandatory = false) {
        BasicPublish method;
        method.routing_key = queue;
        method.mandatory = mandatory;
        return method;
    }
    static std::string capabilities(std::string_view name) {
        return FieldTable{
            {"capabilities", {FieldTable{{std::string(name), FieldValue::boolean(true)}}}}}
            .encode();
    }

private:
    static inline BrokerProcess* broker_ = nullptr;
};

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

TEST_F(Session, UpdateSecretIsAnswered) {
    Ready ready;
    ready.peer.call<ConnectionUpdateSecretOk>(0, ConnectionUpdateSecret{"new", "expired"});
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

// ---- publishing

TEST_F(Session, ConfirmsCoverEverythingThatWasPublished) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
    ready.peer.begin_batch();
    for (int i = 0; i < 100; ++i) ready.peer.publish(1, to(queue_name()), "x", kPersistentMessage);
    ready.peer.end_batch();

    uint64_t confirmed = 0;
    while (confirmed < 100) {
        const auto ack = ready.peer.expect<BasicAck>(1);
        EXPECT_GT(ack.delivery_tag, confirmed);
        EXPECT_TRUE(ack.multiple || ack.delivery_tag == confirmed + 1);
        confirmed = ack.delivery_tag;
    }
    EXPECT_EQ(confirmed, 100u);
}

TEST_F(Session, UnroutableMandatoryComesBackBeforeItsConfirm) {
    Ready ready;
    ready.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
    ready.peer.publish(1, to("nowhere", true), "body", kPersistentMessage);

    const PeerMessage message = ready.peer.expect_return(1);
    EXPECT_EQ(message.body, "body");
    EXPECT_EQ(message.routing_key, "nowhere");
    EXPECT_EQ(ready.peer.expect<BasicAck>(1).delivery_tag, 1u);
}

TEST_F(Session, BodiesOfManyFramesComeOutWhole) {
    PeerOptions options;
    options.frame_max = 4096;
    Ready ready(options);
    std::string body(300000, '\0');
    for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 251);
    ready.peer.declare_queue(1, queue_name());
    ready.peer.consume(1, queue_name());
    ready.peer.publish(1, to(queue_name()), body);

    EXPECT_TRUE(ready.peer.expect_delivery(1).body == body);
}

TEST_F(Session, MessagesInPiecesAreAssembled) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    std::string frames;
    FrameWriter writer(frames, 131072);
    writer.method(1, to(queue_name()));
    writer.content(1, kPersistentMessage, "assembled");
    for (const char byte : frames) ready.peer.send_bytes({&byte, 1});

    std::optional<PeerMessage> message;
    while (!message) message = ready.peer.get(1, queue_name(), true);
    EXPECT_EQ(message->body, "assembled");
    EXPECT_EQ(message->properties, kPersistentMessage);
}

TEST_F(Session, TooLargeAMessageClosesTheChannel) {
    Ready ready;
    ready.peer.publish(1, to("q"), std::string((1 << 20) + 1, 'x'));
    EXPECT_THAT(ready.peer.expect_channel_close(1),
                StartsWith("406 PRECONDITION_FAILED - message size 1048577 is larger than "
                           "configured max size 1048576"));
    ready.peer.open_channel(1);
}

TEST_F(Session, PublishingToAnExchangeThatIsNotThereClosesTheChannel) {
    Ready ready;
    BasicPublish method;
    method.exchange = "nope";
    ready.peer.publish(1, method, "x");
    EXPECT_EQ(ready.peer.expect_channel_close(1),
              "404 NOT_FOUND - no exchange 'nope' in vhost '/' (60,40)");
}

TEST_F(Session, ImmediateIsNotImplemented) {
    Ready ready;
    BasicPublish method;
    method.immediate = true;
    ready.peer.publish(1, method, "x");
    EXPECT_EQ(ready.peer.expect_connection_close(), "540 NOT_IMPLEMENTED - immediate=true (60,40)");
}

TEST_F(Session, AForeignUserIdIsRefused) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    const std::string own = PropertiesBuilder().text(Property::user_id, "guest").encode();
    const std::string foreign = PropertiesBuilder().text(Property::user_id, "root").encode();
    ready.peer.publish(1, to(queue_name()), "x", own);
    ready.peer.publish(1, to(queue_name()), "x", foreign);
    EXPECT_THAT(ready.peer.expect_channel_close(1),
                HasSubstr("user_id property set to 'root' but authenticated user was 'guest'"));
}

TEST_F(Session, ADamagedPropertyListClosesTheConnection) {
    Ready ready;
    ready.peer.publish(1, to("q"), "x", std::string_view("\x80\x00\x09zz", 5));
    EXPECT_THAT(ready.peer.expect_connection_close(), StartsWith("502 SYNTAX_ERROR"));
}

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

// ---- transactions

TEST_F(Session, TransactionsTakeEffectAtTheCommit) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.call<TxSelectOk>(1, TxSelect{});
    ready.peer.publish(1, to(queue_name()), "x", kPersistentMessage);
    EXPECT_FALSE(ready.peer.get(1, queue_name()));
    ready.peer.call<TxCommitOk>(1, TxCommit{});
    EXPECT_EQ(ready.peer.get(1, queue_name())->body, "x");

    // The acknowledgement is undone by the rollback, and works again.
    ready.peer.send(1, BasicAck{1, false});
    ready.peer.publish(1, to(queue_name()), "y");
    ready.peer.call<TxRollbackOk>(1, TxRollback{});
    ready.peer.send(1, BasicAck{1, false});
    ready.peer.call<TxCommitOk>(1, TxCommit{});
    EXPECT_FALSE(ready.peer.get(1, queue_name()));
}

TEST_F(Session, ConfirmsAndTransactionsExcludeEachOther) {
    Ready ready;
    ready.peer.call<TxSelectOk>(1, TxSelect{});
    ready.peer.send(1, ConfirmSelect{});
    EXPECT_THAT(ready.peer.expect_channel_close(1),
                HasSubstr("406 PRECONDITION_FAILED - cannot switch from tx to confirm"));
    ready.peer.open_channel(1);
    ready.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
    ready.peer.send(1, TxSelect{});
    EXPECT_THAT(ready.peer.expect_channel_close(1), HasSubstr("cannot switch from confirm to tx"));
    ready.peer.open_channel(1);
    ready.peer.send(1, TxCommit{});
    EXPECT_THAT(ready.peer.expect_channel_close(1), HasSubstr("channel is not transactional"));
}

}  // namespace
}  // namespace varve
