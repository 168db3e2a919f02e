#include "server/broker/administration.h"

#include "server/auth/accounts.h"
#include "tests/support/broker_session.h"
#include "tests/support/brokers.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr ShardIndex kShard = 1;  // changes are decided on another

// Calls of the administration that wait for the answer.
class Office {
public:
    explicit Office(RunningBroker& broker) : broker_(broker) {}

    Result<void> put_user(const std::string& name,
                          const std::string& password,
                          IfThere there = IfThere::change) {
        UserChange change;
        change.name = name;
        if (!password.empty()) change.password = {PasswordChange::Kind::set, password, {}};
        change.if_there = there;
        return broker_.await(kShard, door().put_user(std::move(change)));
    }
    Result<void> put_hash(const std::string& name, const std::string& base64) {
        UserChange change;
        change.name = name;
        change.password = {
            PasswordChange::Kind::hashed, base64, PasswordAlgorithm::rabbitmq_sha256};
        return broker_.await(kShard, door().put_user(std::move(change)));
    }
    Result<void> delete_user(const std::string& name) {
        return broker_.await(kShard, door().delete_user(name));
    }
    Result<void> put_vhost(const std::string& name, IfThere there = IfThere::refuse) {
        return broker_.await(kShard, door().put_vhost({name, "for tests", {"t"}, {}}, there));
    }
    Result<void> delete_vhost(const std::string& name) {
        return broker_.await(kShard, door().delete_vhost(name));
    }
    Result<void> permit(const std::string& user,
                        const std::string& vhost,
                        const std::string& pattern = ".*") {
        return broker_.await(kShard,
                             door().set_permission({user, vhost, pattern, pattern, pattern}));
    }
    Result<void> clear(const std::string& user, const std::string& vhost) {
        return broker_.await(kShard, door().clear_permission(user, vhost));
    }
    Result<Identity> log_in(const std::string& user,
                            const std::string& password,
                            PeerPlace place = PeerPlace::loopback) {
        return broker_.await(kShard, door().authenticate(user, password, place, "127.0.0.1"));
    }
    std::shared_ptr<const Accounts> accounts(ShardIndex shard = kShard) {
        return broker_.call(
            shard, [this, shard] { return broker_.at(shard).administration().accounts(); });
    }

private:
    Administration& door() { return broker_.at(kShard).administration(); }
    RunningBroker& broker_;
};

TEST(FirstStart, MakesGuestWithAllRights) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);

    EXPECT_TRUE(must(office.log_in("guest", "guest")).has_tag("administrator"));
    EXPECT_EQ(office.accounts()->find_permission("guest", "/")->configure, ".*");
    EXPECT_NE(office.accounts()->find_vhost("/"), nullptr);
}

TEST(FirstStart, GuestEntersFromThisMachineOnly) {
    BrokerHome home;
    RunningBroker broker(home);

    const auto refused = Office(broker).log_in("guest", "guest", PeerPlace::network);

    EXPECT_EQ(refused.error().code, ErrorCode::access_refused);
    EXPECT_NE(refused.error().detail.find("--loopback-users"), std::string::npos);
}

TEST(FirstStart, WhoEntersFromThisMachineOnlyCanBeChangedWhileItRuns) {
    BrokerHome home;
    RunningBroker broker(home);
    must(Office(broker).put_user("worker", "secret"));

    broker.login_rules().set_loopback_users({"worker"});

    EXPECT_TRUE(Office(broker).log_in("guest", "guest", PeerPlace::network));
    EXPECT_FALSE(Office(broker).log_in("worker", "secret", PeerPlace::network));
    EXPECT_TRUE(Office(broker).log_in("worker", "secret"));
}

TEST(FirstStart, GuestThatWasDeletedStaysDeleted) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        must(Office(broker).delete_user("guest"));
        broker.crash();
    }
    RunningBroker broker(home);

    EXPECT_FALSE(Office(broker).log_in("guest", "guest"));
    EXPECT_TRUE(Office(broker).accounts()->users().empty());
}

TEST(Users, LogInWithTheirPasswordAndNoOther) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);
    must(office.put_user("worker", "secret"));

    EXPECT_EQ(must(office.log_in("worker", "secret", PeerPlace::network)).user, "worker");
    EXPECT_EQ(office.log_in("worker", "Secret").error().code, ErrorCode::access_refused);
    EXPECT_EQ(office.log_in("worker", "").error().code, ErrorCode::access_refused);
    EXPECT_EQ(office.log_in("nobody", "secret").error().code, ErrorCode::access_refused);
}

TEST(Users, ChangedPasswordReplacesTheOldOne) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);
    must(office.put_user("worker", "before"));
    must(office.log_in("worker", "before"));

    must(office.put_user("worker", "after"));

    EXPECT_FALSE(office.log_in("worker", "before"));
    EXPECT_TRUE(office.log_in("worker", "after"));
}

TEST(Users, ImportedHashOfRabbitmqLogsIn) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);

    must(office.put_hash("moved", "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"));

    EXPECT_TRUE(office.log_in("moved", "test12"));
    EXPECT_FALSE(office.log_in("moved", "test13"));
    EXPECT_EQ(office.put_hash("moved", "nonsense").error().code, ErrorCode::invalid_argument);
}

TEST(Users, WithoutPasswordDoNotLogInByOne) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);
    must(office.put_user("certificate", ""));

    EXPECT_FALSE(office.log_in("certificate", ""));
    EXPECT_FALSE(office.log_in("certificate", "x"));
}

TEST(Users, AddingTwiceIsRefusedWhenAsked) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);

    EXPECT_EQ(office.put_user("guest", "x", IfThere::refuse).error().code,
              ErrorCode::already_exists);
    EXPECT_EQ(office.delete_user("nobody").error().code, ErrorCode::not_found);
    EXPECT_EQ(office.put_user("", "x").error().code, ErrorCode::invalid_argument);
}

TEST(Accounts, SurviveACrash) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        Office office(broker);
        must(office.put_user("worker", "secret"));
        must(office.put_vhost("v"));
        must(office.permit("worker", "v", "^w"));
        must(office.put_vhost("w"));
        must(office.permit("worker", "w"));
        must(office.clear("worker", "w"));
        broker.crash();
    }
    RunningBroker broker(home);
    Office office(broker);

    EXPECT_TRUE(office.log_in("worker", "secret"));
    EXPECT_EQ(office.accounts()->find_permission("worker", "v")->read, "^w");
    EXPECT_EQ(office.accounts()->find_permission("worker", "w"), nullptr);
    EXPECT_EQ(office.accounts()->find_vhost("v")->description, "for tests");
}

TEST(Accounts, AreKnownToEveryShardWhenTheCallReturns) {
    BrokerHome home;
    home.shards = 3;
    RunningBroker broker(home);
    Office office(broker);

    must(office.put_user("worker", "secret"));

    for (ShardIndex shard = 0; shard < 3; ++shard)
        EXPECT_NE(office.accounts(shard)->find_user("worker"), nullptr) << shard;
}

TEST(Accounts, RightsNeedTheirUserAndVhostAndAPattern) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);

    EXPECT_EQ(office.permit("nobody", "/").error().code, ErrorCode::not_found);
    EXPECT_EQ(office.permit("guest", "none").error().code, ErrorCode::not_found);
    EXPECT_EQ(office.permit("guest", "/", "a(").error().code, ErrorCode::invalid_argument);
}

TEST(Vhosts, HoldQueuesOfTheirOwn) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        Office office(broker);
        must(office.put_vhost("v"));
        must(office.permit("guest", "v"));
        BrokerSession here(broker, "guest", "/");
        BrokerSession there(broker, "guest", "v");
        here.queue("work");
        there.queue("work");
        there.send("work", {"one"});
        EXPECT_EQ(here.ready("work"), 0u);
    }
    RunningBroker broker(home);
    EXPECT_EQ(BrokerSession(broker, "guest", "v").ready("work"), 1u);
    EXPECT_EQ(BrokerSession(broker, "guest", "/").ready("work"), 0u);
}

TEST(Vhosts, DeletionTakesEverythingInThemAlong) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        Office office(broker);
        must(office.put_vhost("v"));
        must(office.permit("guest", "v"));
        BrokerSession session(broker, "guest", "v");
        session.queue("work");
        session.exchange("x", "topic");
        must(session.bind("x", "work", "#"));
        must(session.bind("amq.fanout", "work"));
        session.send("work", {"one", "two"});
        const auto consumer = must(session.consume("work"));

        must(office.delete_vhost("v"));

        EXPECT_TRUE(consumer->wait_cancelled());
        EXPECT_EQ(session.status("work").error().code, ErrorCode::access_refused);
        EXPECT_EQ(office.delete_vhost("v").error().code, ErrorCode::not_found);
        EXPECT_EQ(office.accounts()->find_permission("guest", "v"), nullptr);
        session.abandon();
        broker.crash();
    }
    RunningBroker broker(home);
    EXPECT_EQ(broker.recovery().vhosts, 1u);
    EXPECT_EQ(broker.recovery().queues, 0u);
    EXPECT_EQ(broker.recovery().exchanges, 0u);
}

TEST(Vhosts, ComeBackEmptyUnderTheSameName) {
    BrokerHome home;
    RunningBroker broker(home);
    Office office(broker);
    must(office.put_vhost("v"));
    must(office.permit("guest", "v"));
    { BrokerSession(broker, "guest", "v").queue("work"); }

    must(office.delete_vhost("v"));
    must(office.put_vhost("v"));
    must(office.permit("guest", "v"));

    EXPECT_EQ(BrokerSession(broker, "guest", "v").status("work").error().code,
              ErrorCode::not_found);
    EXPECT_EQ(office.put_vhost("v").error().code, ErrorCode::already_exists);
    EXPECT_TRUE(office.put_vhost("v", IfThere::change));
}

TEST(Vhosts, TakePoliciesAndLimitsAlong) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        Office office(broker);
        must(office.put_vhost("v"));
        const amqp::FieldTable definition{{"max-length", amqp::FieldValue::integer(1)}};
        must(broker.await(
            0,
            broker.policies().put(
                {.vhost = "v", .name = "p", .pattern = ".*", .definition = definition.encode()})));
        must(broker.await(0, broker.limits().put_vhost("v", {.queues_max = 1})));

        must(office.delete_vhost("v"));

        EXPECT_TRUE(broker.limits().vhosts().empty());
        must(office.put_vhost("v"));
        broker.crash();
    }
    RunningBroker broker(home);
    EXPECT_TRUE(broker.limits().vhosts().empty());
    const auto policies = broker.call(0, [&] { return broker.policies().book(); });
    EXPECT_TRUE(policies->all().empty());
}

TEST(Users, TakeTheirLimitsAlong) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        Office office(broker);
        must(office.put_user("ann", "secret"));
        must(broker.await(0, broker.limits().put_user("ann", {.connections_max = 1})));

        must(office.delete_user("ann"));

        EXPECT_TRUE(broker.limits().users().empty());
        broker.crash();
    }
    RunningBroker broker(home);
    EXPECT_TRUE(broker.limits().users().empty());
}

}  // namespace
}  // namespace varve
