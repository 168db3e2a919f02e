// What a client may not do, and that nobody else feels it, on the wire of a real varved.
#include "tests/server/amqp/session_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace varve {
namespace {

using namespace amqp;
using ::testing::HasSubstr;
using ::testing::StartsWith;

FieldTable nested_table(int depth) {
    FieldTable table;
    for (int i = 1; i < depth; ++i) table = FieldTable{{"inner", {std::move(table)}}};
    return table;
}

// ---- limits

TEST_F(Session, TablesNestedTooDeepCloseTheConnection) {
    Ready ready;
    const std::string queue = queue_name();
    QueueDeclare declare{queue};
    const std::string shallow = nested_table(20).encode();
    declare.arguments = shallow;
    ready.peer.call<QueueDeclareOk>(1, declare);

    const std::string deep = nested_table(1000).encode();
    declare.arguments = deep;
    ready.peer.send(1, declare);
    EXPECT_THAT(ready.peer.expect_connection_close(), StartsWith("502 SYNTAX_ERROR"));
}

TEST_F(Session, HeadersNestedTooDeepCloseTheConnection) {
    Ready ready;
    const std::string properties =
        PropertiesBuilder().headers(nested_table(1000).encode()).encode();
    ready.peer.publish(1, to("q"), "x", properties);
    EXPECT_THAT(ready.peer.expect_connection_close(), StartsWith("502 SYNTAX_ERROR"));
}

TEST_F(Session, ArgumentsThatNobodyKnowsAreTakenAndSaidOnce) {
    Ready ready;
    const std::string arguments = FieldTable{
        {"x-mesage-ttl", FieldValue::integer(1000)},
        {"x-message-ttl", FieldValue::integer(1000)},
        {"comment",
         FieldValue::string("ours")}}.encode();
    const std::string queue = queue_name();
    QueueDeclare declare{queue};
    declare.arguments = arguments;
    ready.peer.call<QueueDeclareOk>(1, declare);
    ready.peer.call<QueueDeclareOk>(1, declare);

    const std::string said = diag();
    const std::string line = "queue=" + queue + " arguments=x-mesage-ttl\n";
    EXPECT_THAT(said, HasSubstr("warn queue.unknown_arguments "));
    ASSERT_THAT(said, HasSubstr(line));
    EXPECT_EQ(said.find(line), said.rfind(line));
}

// ---- clients that stand still

// Publishes and gets through a connection of its own.
class Witness {
public:
    Witness(uint16_t port, std::string queue) : peer_(port), queue_(std::move(queue)) {
        peer_.log_in();
        peer_.open_channel(1);
        peer_.declare_queue(1, queue_);
        peer_.call<ConfirmSelectOk>(1, ConfirmSelect{});
    }
    std::string send_and_get(std::string_view body) {
        BasicPublish method;
        method.routing_key = queue_;
        peer_.publish(1, method, body, kPersistentMessage);
        peer_.expect<BasicAck>(1);
        return peer_.get(1, queue_, true)->body;
    }

private:
    ScriptedPeer peer_;
    std::string queue_;
};

TEST_F(Session, ClientsThatStandStillDisturbNobody) {
    // More than one for each of the broker's threads, in every stage where a client can stop.
    std::list<ScriptedPeer> peers;
    for (int i = 0; i < 8; ++i) {
        peers.emplace_back(port()).send_bytes("AM");
        peers.emplace_back(port()).send_bytes(kProtocolHeader);
        ScriptedPeer& in_frame = peers.emplace_back(port());
        in_frame.log_in();
        in_frame.send_bytes(std::string_view("\x01\0\x01\0\0\x10\0half", 11));
    }
    Witness witness(port(), queue_name());
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(witness.send_and_get(std::to_string(i)), std::to_string(i));
}

TEST_F(Session, AConsumerThatDoesNotReadDisturbsNobody) {
    // Given consumers with far more to come than sockets and outboxes hold.
    const std::string backlog = queue_name() + "-backlog";
    PeerOptions options;
    options.receive_buffer = 4096;
    Ready deaf(options);
    Ready deaf_too(options);
    deaf.peer.declare_queue(1, backlog);
    deaf.peer.consume(1, backlog, "t", true);
    deaf_too.peer.consume(1, backlog, "t", true);
    {
        Ready publisher;
        publisher.peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
        for (int i = 0; i < 400; ++i)
            publisher.peer.publish(1, to(backlog), std::string(100000, 'b'));
        for (uint64_t confirmed = 0; confirmed < 400;)
            confirmed = publisher.peer.expect<BasicAck>(1).delivery_tag;
    }

    Witness witness(port(), queue_name());
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(witness.send_and_get(std::to_string(i)), std::to_string(i));
    witness.send_and_get("last");
}

// ---- a disk that runs low

PeerOptions told_of_blocking() {
    PeerOptions options;
    options.client_properties =
        FieldTable{
            {"capabilities", {FieldTable{{"connection.blocked", FieldValue::boolean(true)}}}}}
            .encode();
    return options;
}

TEST(LowDisk, PublishersThatUnderstandAreToldAndConsumersGoOn) {
    BrokerProcess broker({"--disk-free-limit", "1000000GiB"});
    ScriptedPeer told(broker.port(), told_of_blocking());
    told.log_in();
    told.open_channel(1);
    told.declare_queue(1, "q");
    ScriptedPeer other(broker.port());
    other.log_in();
    other.open_channel(1);

    BasicPublish publish;
    publish.routing_key = "q";
    told.publish(1, publish, "x");
    EXPECT_EQ(told.expect<ConnectionBlocked>(0).reason, "low on disk");
    // It goes on with everything else, and so does who does not publish at all.
    told.call<QueueDeclareOk>(1, QueueDeclare{"q2"});
    EXPECT_FALSE(other.get(1, "q2"));
}

TEST(LowDisk, PublishersAreToldWhenThereIsRoomAgain) {
    // Given a limit a little below what is free, and then a file that takes more than that.
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    constexpr uintmax_t kMargin = uintmax_t{2} << 30;  // what others may write meanwhile
    const uintmax_t free = std::filesystem::space(folder).available;
    if (free < 4 * kMargin) GTEST_SKIP() << "too little room on this disk";
    BrokerProcess broker({"--disk-free-limit", std::to_string(free - kMargin)});
    ScriptedPeer told(broker.port(), told_of_blocking());
    told.log_in();
    told.open_channel(1);
    BasicPublish publish;
    publish.routing_key = "nowhere";
    told.publish(1, publish, "x");

    const std::string filler = broker.folder() + "/filler";
    const int file = open(filler.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (posix_fallocate(file, 0, 2 * static_cast<off_t>(kMargin)) != 0) GTEST_SKIP();
    close(file);

    EXPECT_EQ(told.expect<ConnectionBlocked>(0).reason, "low on disk");
    std::filesystem::remove(filler);
    told.expect<ConnectionUnblocked>(0);
}

}  // namespace
}  // namespace varve
