#include "server/amqp/handshake.h"

#include "server/amqp/heartbeat.h"
#include "server/amqp/server_properties.h"
#include "server/message/field_table.h"

#include <gtest/gtest.h>

namespace varve::amqp {
namespace {

using namespace std::string_view_literals;
using std::chrono::seconds;

struct Peer {
    AmqpOptions options;
    Handshake handshake{options, kChannelMaxDefault};
    std::string client_properties;

    Handshake::Step start_ok(ByteView response, ByteView mechanism = "PLAIN") {
        ConnectionStartOk method;
        method.client_properties = client_properties;
        method.mechanism = mechanism;
        method.response = response;
        method.locale = "en_US";
        const auto step = handshake.on_method(method);
        const auto* login = std::get_if<Handshake::Authenticate>(&step);
        if (login == nullptr) return step;
        if (login->credentials.password != "guest")
            return handshake.authenticated(Error{ErrorCode::access_refused, "wrong password"});
        return handshake.authenticated(Identity{login->credentials.user, {}});
    }
    Handshake::Step tune_ok(uint16_t channel_max, uint32_t frame_max, uint16_t heartbeat) {
        return handshake.on_method(ConnectionTuneOk{channel_max, frame_max, heartbeat});
    }
};
constexpr std::string_view kGuest = "\0guest\0guest"sv;

const Handshake::Refuse& refused(const Handshake::Step& step) {
    return std::get<Handshake::Refuse>(step);
}

TEST(Handshake, LeadsFromStartToOpen) {
    Peer peer;
    peer.client_properties =
        FieldTable{
            {"product", FieldValue::string("py-amqp")},
            {"capabilities", {FieldTable{{"consumer_cancel_notify", FieldValue::boolean(true)}}}}}
            .encode();

    EXPECT_TRUE(std::holds_alternative<Handshake::SendTune>(peer.start_ok(kGuest)));
    EXPECT_TRUE(std::holds_alternative<Handshake::Wait>(peer.tune_ok(100, 8192, 7)));
    const auto step = peer.handshake.on_method(ConnectionOpen{"/"});

    EXPECT_EQ(std::get<Handshake::Open>(step).vhost, "/");
    EXPECT_EQ(peer.handshake.identity().user, "guest");
    EXPECT_EQ(peer.handshake.client().product, "py-amqp");
    EXPECT_TRUE(peer.handshake.client().capabilities.consumer_cancel_notify);
    EXPECT_FALSE(peer.handshake.client().capabilities.connection_blocked);
    EXPECT_EQ(peer.handshake.limits().channel_max, 100);
    EXPECT_EQ(peer.handshake.limits().frame_size_max, 8192u);
    EXPECT_EQ(peer.handshake.limits().heartbeat, seconds(7));
}

TEST(Handshake, ZeroMeansOurLimitsAndNoHeartbeat) {
    Peer peer;
    peer.start_ok(kGuest);
    ASSERT_TRUE(std::holds_alternative<Handshake::Wait>(peer.tune_ok(0, 0, 0)));

    EXPECT_EQ(peer.handshake.limits().channel_max, 2047);
    EXPECT_EQ(peer.handshake.limits().frame_size_max, 131072u);
    EXPECT_EQ(peer.handshake.limits().heartbeat, seconds(0));
}

TEST(Handshake, WrongPasswordIsToldToClientsThatAskForIt) {
    Peer peer;
    peer.client_properties =
        FieldTable{{"capabilities",
                    {FieldTable{{"authentication_failure_close", FieldValue::boolean(true)}}}}}
            .encode();

    const auto step = peer.start_ok("\0guest\0wrong"sv);

    EXPECT_EQ(reply_text(refused(step).refusal),
              "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For "
              "details see the broker "
              "logfile.");
    EXPECT_TRUE(refused(step).tell);
    EXPECT_EQ(refused(step).reason, "user 'guest': wrong password");
}

TEST(Handshake, WrongPasswordClosesTheSocketOfOtherClients) {
    Peer peer;
    EXPECT_FALSE(refused(peer.start_ok("\0guest\0wrong"sv)).tell);
}

TEST(Handshake, MechanismThatIsNotOfferedIsRefused) {
    Peer peer;
    EXPECT_EQ(refused(peer.start_ok("", "EXTERNAL")).refusal.code, ReplyCode::command_invalid);
}

TEST(Handshake, CertificateIsOfferedAndTakenOnlyWhereThereIsOne) {
    AmqpOptions options;
    Handshake plain(options, kChannelMaxDefault);
    Handshake certified(options, kChannelMaxDefault, "worker");
    ConnectionStartOk external;
    external.mechanism = "EXTERNAL";

    EXPECT_EQ(plain.mechanisms(), "PLAIN AMQPLAIN");
    EXPECT_EQ(certified.mechanisms(), "PLAIN AMQPLAIN EXTERNAL");
    EXPECT_EQ(std::get<Handshake::Identify>(certified.on_method(external)).user, "worker");
    EXPECT_EQ(refused(plain.on_method(external)).refusal.code, ReplyCode::command_invalid);
}

TEST(Handshake, NoLimitOfChannelsIsAsManyAsThereAreNumbers) {
    AmqpOptions options;

    EXPECT_EQ(Handshake(options, 64).tune().channel_max, 64);
    EXPECT_EQ(Handshake(options, 0).tune().channel_max, 65535);
}

TEST(Handshake, LimitsBeyondOursAreRefused) {
    Peer peer;
    peer.start_ok(kGuest);
    EXPECT_EQ(reply_text(refused(peer.tune_ok(0, 131073, 0)).refusal),
              "NOT_ALLOWED - negotiated frame_max = 131073 is higher than the maximum allowed "
              "value (131072)");
    EXPECT_EQ(
        reply_text(refused(peer.tune_ok(0, 4095, 0)).refusal),
        "NOT_ALLOWED - negotiated frame_max = 4095 is lower than the minimum allowed value (4096)");
    EXPECT_EQ(reply_text(refused(peer.tune_ok(2048, 0, 0)).refusal),
              "NOT_ALLOWED - negotiated channel_max = 2048 is higher than the maximum allowed "
              "value (2047)");
}

TEST(Handshake, MethodsOutOfOrderAreRefused) {
    Peer peer;
    EXPECT_EQ(refused(peer.tune_ok(0, 0, 0)).refusal.code, ReplyCode::command_invalid);
    EXPECT_EQ(refused(peer.handshake.on_method(ConnectionOpen{"/"})).refusal.code,
              ReplyCode::command_invalid);
    EXPECT_EQ(refused(peer.handshake.on_method(ChannelOpen{})).method, ChannelOpen::kId);
}

TEST(ServerProperties, SayWhatClientsDecideBy) {
    AmqpOptions options;
    options.varve_version = "1.2.3";

    const FieldTable table = must(FieldTable::decode(server_properties(options)));

    EXPECT_EQ(table.string("product"), "RabbitMQ");
    EXPECT_EQ(table.string("version"), "3.13.7");
    EXPECT_EQ(table.string("varve_version"), "1.2.3");
    const FieldTable* capabilities = table.find("capabilities")->as_table();
    ASSERT_NE(capabilities, nullptr);
    for (const char* name :
         {"publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked"}) {
        EXPECT_EQ(capabilities->boolean(name), true) << name;
    }
}

TEST(Heartbeat, IsSentTwiceInAnIntervalAndMissedAfterTwo) {
    const Heartbeat heartbeat{seconds(2)};

    EXPECT_FALSE(heartbeat.send_due(seconds(10), seconds(10)));
    EXPECT_TRUE(heartbeat.send_due(seconds(11), seconds(10)));
    EXPECT_FALSE(heartbeat.is_dead(seconds(14), seconds(10)));
    EXPECT_TRUE(heartbeat.is_dead(seconds(15), seconds(10)));
}

TEST(Heartbeat, ZeroSwitchesItOff) {
    EXPECT_FALSE(Heartbeat{}.send_due(seconds(1000), seconds(0)));
    EXPECT_FALSE(Heartbeat{}.is_dead(seconds(1000), seconds(0)));
}

}  // namespace
}  // namespace varve::amqp
