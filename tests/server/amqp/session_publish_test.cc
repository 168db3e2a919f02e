// Publishing, confirms, returns and transactions, as a client sees them on the wire of a real
// varved.
#include "tests/server/amqp/session_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

TEST_F(Session, ConfirmsComeBeforeTheAnswerToTheChannelsClose) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ready.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});

    ready.peer.begin_batch();
    for (int i = 0; i < 10; ++i) ready.peer.publish(1, to(queue_name()), "x", kPersistentMessage);
    ready.peer.send(1, ChannelClose{.reply_code = 200});
    ready.peer.end_batch();

    for (uint64_t confirmed = 0; confirmed < 10;)
        confirmed = ready.peer.expect<BasicAck>(1).delivery_tag;
    ready.peer.expect<ChannelCloseOk>(1);
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

TEST_F(Session, WhatATransactionMayNotPublishIsRefusedAtOnce) {
    Ready ready;
    ready.peer.declare_queue(1, queue_name());
    ExchangeDeclare internal;
    internal.exchange = "internal";
    internal.type = "fanout";
    internal.internal = true;
    ready.peer.call<ExchangeDeclareOk>(1, internal);
    ready.peer.publish(1, to(queue_name()), "held");
    ready.peer.call<TxSelectOk>(1, TxSelect{});
    const uint64_t tag = ready.peer.get(1, queue_name())->tag;
    ready.peer.send(1, BasicAck{tag, false});
    ready.peer.publish(1, to(queue_name()), "first");
    ready.peer.publish(1, BasicPublish{"internal", "", false, false}, "second");

    EXPECT_THAT(ready.peer.expect_channel_close(1), StartsWith("403 ACCESS_REFUSED"));

    // None of it has happened.
    ready.peer.open_channel(1);
    EXPECT_EQ(ready.peer.get(1, queue_name())->body, "held");
    EXPECT_FALSE(ready.peer.get(1, queue_name()));
}

}  // namespace
}  // namespace varve
