// Users, vhosts and rights as clients on the wire meet them. The broker runs in this process, so
// that its administration can be called.
#include "server/amqp/sessions.h"
#include "server/broker/administration.h"
#include "server/message/field_table.h"
#include "server/net/listener.h"
#include "tests/support/brokers.h"
#include "tests/support/scripted_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Login : public ::testing::Test {
protected:
    Login() {
        for (ShardIndex index = 0; index < broker_.shard_count(); ++index) {
            sessions_.push_back(
                std::make_unique<Sessions>(SessionEnvironment{broker_.at(index).shard(),
                                                              broker_.at(index),
                                                              options_,
                                                              diag_,
                                                              system_clock(),
                                                              system_rng(),
                                                              broker_.limits(),
                                                              broker_.login_rules()}));
        }
        listener_ = must(
            Listener::open(broker_.shards(), diag_, {boost::asio::ip::address_v4::loopback(), 0}));
        must(listener_->start([this](Shard& shard, boost::asio::ip::tcp::socket socket) {
            sessions_[shard.index()]->accept(Stream(std::move(socket)));
        }));
        add_user("u", "secret");
        permit("u", "/");
    }
    ~Login() override {
        listener_->close();
        for (ShardIndex index = 0; index < broker_.shard_count(); ++index) {
            std::promise<void> ended;
            broker_.at(index).shard().post(
                [&] { sessions_[index]->stop([&] { ended.set_value(); }); });
            ended.get_future().wait();
            broker_.call(index, [&] { return sessions_[index].reset(), 0; });
        }
        broker_.call(0, [&] { return listener_.reset(), 0; });
    }

    uint16_t port() const { return listener_->endpoint().port(); }
    Administration& door() { return broker_.at(0).administration(); }
    void add_user(const std::string& name,
                  const std::string& password,
                  std::vector<std::string> tags = {}) {
        UserChange change;
        change.name = name;
        change.password = {PasswordChange::Kind::set, password, {}};
        change.tags = std::move(tags);
        must(broker_.await(0, door().put_user(std::move(change))));
    }
    void permit(const std::string& user,
                const std::string& vhost,
                const std::string& pattern = ".*") {
        must(broker_.await(0, door().set_permission({user, vhost, pattern, pattern, pattern})));
    }
    static PeerOptions as(const std::string& user,
                          const std::string& password,
                          const std::string& vhost = "/") {
        PeerOptions options;
        options.vhost = vhost;
        options.response = "\0"s + user + "\0"s + password;
        options.client_properties =
            FieldTable{{"capabilities",
                        {FieldTable{{"authentication_failure_close", FieldValue::boolean(true)}}}}}
                .encode();
        return options;
    }
    // What the client is told instead of connection.open-ok.
    std::string refusal_of(const PeerOptions& options) {
        ScriptedPeer peer(port(), options);
        try {
            peer.log_in();
        } catch (const UnexpectedReply& unexpected) {
            return unexpected.what();
        }
        return "entered";
    }

    BrokerHome home_;
    RunningBroker broker_{home_};
    AmqpOptions options_;
    std::string events_;
    Diag diag_{{}, system_clock(), [this](std::string_view line) { events_ += line; }};
    std::vector<std::unique_ptr<Sessions>> sessions_;
    std::unique_ptr<Listener> listener_;
};

TEST_F(Login, EntersWithTheUsersOwnPassword) {
    EXPECT_EQ(refusal_of(as("u", "secret")), "entered");
    EXPECT_EQ(refusal_of(as("guest", "guest")), "entered");
    EXPECT_THAT(
        refusal_of(as("u", "guest")),
        HasSubstr("ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. "
                  "For details see the broker logfile."));
}

TEST_F(Login, ReasonIsForTheOperatorOnly) {
    EXPECT_THAT(refusal_of(as("nobody", "x")), HasSubstr("ACCESS_REFUSED"));
    EXPECT_THAT(refusal_of(as("u", "x")), HasSubstr("ACCESS_REFUSED"));

    broker_.quiesce();
    EXPECT_THAT(events_, HasSubstr("user 'nobody': no such user"));
    EXPECT_THAT(events_, HasSubstr("user 'u': wrong password"));
}

TEST_F(Login, VhostHasToExistAndToBeTheUsers) {
    must(broker_.await(0, door().put_vhost({.name = "v"}, IfThere::refuse)));

    EXPECT_THAT(refusal_of(as("u", "secret", "none")),
                HasSubstr("NOT_ALLOWED - vhost none not found"));
    EXPECT_THAT(refusal_of(as("u", "secret", "v")),
                HasSubstr("NOT_ALLOWED - access to vhost 'v' refused for user 'u'"));
    permit("u", "v");
    EXPECT_EQ(refusal_of(as("u", "secret", "v")), "entered");
}

TEST_F(Login, DeletedUserIsDisconnected) {
    ScriptedPeer peer(port(), as("u", "secret"));
    peer.log_in();
    ScriptedPeer guest(port());
    guest.log_in();

    must(broker_.await(0, door().delete_user("u")));

    EXPECT_THAT(peer.expect_connection_close(),
                StartsWith("320 CONNECTION_FORCED - user 'u' is deleted"));
    EXPECT_TRUE(guest.is_silent_for(std::chrono::milliseconds(50)));
}

TEST_F(Login, DeletedVhostIsDisconnected) {
    must(broker_.await(0, door().put_vhost({.name = "v"}, IfThere::refuse)));
    permit("u", "v");
    ScriptedPeer peer(port(), as("u", "secret", "v"));
    peer.log_in();
    peer.open_channel(1);
    peer.declare_queue(1, "q");

    must(broker_.await(0, door().delete_vhost("v")));

    EXPECT_THAT(peer.expect_connection_close(),
                StartsWith("320 CONNECTION_FORCED - vhost 'v' is deleted"));
}

TEST_F(Login, AnySecretIsTakenWhileConnected) {
    ScriptedPeer peer(port(), as("u", "secret"));
    peer.log_in();

    peer.call<ConnectionUpdateSecretOk>(0, ConnectionUpdateSecret{"no password", "rotation"});

    peer.open_channel(1);
}

TEST_F(Login, RefusedOperationClosesTheChannelOnly) {
    permit("u", "/", "^mine");
    ScriptedPeer peer(port(), as("u", "secret"));
    peer.log_in();
    peer.open_channel(1);
    QueueDeclare declare;
    declare.queue = "yours";

    peer.send(1, declare);
    EXPECT_EQ(peer.expect_channel_close(1),
              "403 ACCESS_REFUSED - access to queue 'yours' in vhost '/' refused for user 'u' "
              "(50,10)");
    peer.open_channel(1);
    peer.declare_queue(1, "mine");
    BasicPublish publish;
    publish.routing_key = "mine";
    peer.publish(1, publish, "body");
    EXPECT_EQ(peer.expect_channel_close(1),
              "403 ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user "
              "'u' (60,40)");
}

TEST_F(Login, PublishInATransactionNeedsTheRightToo) {
    permit("u", "/", "^mine");
    ScriptedPeer peer(port(), as("u", "secret"));
    peer.log_in();
    peer.open_channel(1);
    peer.call<TxSelectOk>(1, TxSelect{});

    BasicPublish publish;
    publish.exchange = "amq.fanout";
    peer.publish(1, publish, "body");

    EXPECT_THAT(peer.expect_channel_close(1),
                StartsWith("403 ACCESS_REFUSED - access to exchange"));
}

TEST_F(Login, ImpersonatorPublishesAsSomebodyElse) {
    PropertiesBuilder properties;
    properties.text(Property::user_id, "somebody");
    add_user("i", "secret", {"impersonator"});
    permit("i", "/");
    const auto answer_to = [&](const std::string& user) -> std::string {
        ScriptedPeer peer(port(), as(user, "secret"));
        peer.log_in();
        peer.open_channel(1);
        peer.call<ConfirmSelectOk>(1, ConfirmSelect{});
        peer.publish(1, BasicPublish{}, "body", properties.encode());
        if (user == "i") return peer.expect<BasicAck>(1).delivery_tag == 1 ? "confirmed" : "?";
        return peer.expect_channel_close(1);
    };

    EXPECT_EQ(answer_to("i"), "confirmed");
    EXPECT_THAT(answer_to("u"),
                StartsWith("406 PRECONDITION_FAILED - user_id property set to 'somebody' but "
                           "authenticated user was 'u'"));
}

}  // namespace
}  // namespace varve
