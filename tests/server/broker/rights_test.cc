// What a user without a right is told: RabbitMQ's words, and the same whether the thing exists.
#include "server/auth/accounts.h"
#include "server/broker/administration.h"
#include "tests/support/broker_session.h"
#include "tests/support/brokers.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

class Rights : public ::testing::Test {
protected:
    Rights() : broker_(home_) {
        UserChange change;
        change.name = "u";
        must(broker_.await(0, door().put_user(std::move(change))));
        BrokerSession owner(broker_);
        owner.queue("q");
        owner.exchange("x", "fanout");
        owner.exchange("t", "topic");
        must(owner.bind("x", "q"));
    }
    Administration& door() { return broker_.at(0).administration(); }
    void permit(const std::string& configure, const std::string& write, const std::string& read) {
        must(broker_.await(0, door().set_permission({"u", "/", configure, write, read})));
    }
    void limit_topics(const std::string& write, const std::string& read) {
        must(broker_.await(0, door().set_topic_permission({"u", "/", "t", write, read})));
    }

    template <typename T>
    static std::string text_of(const Result<T>& result) {
        return result ? "allowed" : result.error().detail;
    }
    static std::string refused(const std::string& what) {
        return "access to " + what + " in vhost '/' refused for user 'u'";
    }

    BrokerHome home_;
    RunningBroker broker_;
};

TEST_F(Rights, WithoutAnyTheVhostIsClosed) {
    const auto session = broker_.call(0, [this] {
        return door().open_session({"u", {}}, "/", 99, "peer");
    });

    EXPECT_EQ(text_of(session), "access to vhost '/' refused for user 'u'");
}

TEST_F(Rights, UserWithTheTagNoReplayConsumesAndDoesNotReadThePast) {
    permit(".*", ".*", ".*");
    UserChange change;
    change.name = "u";
    change.tags = {{"no-replay"}};
    must(broker_.await(0, door().put_user(std::move(change))));
    BrokerSession session(broker_, "u");
    session.queue("s", {{"x-queue-type", amqp::FieldValue::string("stream")}});
    const std::string refused = "access to the past of queue 'q' in vhost '/' refused for user 'u'";

    EXPECT_EQ(text_of(session.consume("q")), "allowed");
    EXPECT_EQ(text_of(session.consume("q", {.read_from = ReaderStart{}})), refused);
    EXPECT_EQ(text_of(session.consume("q", {.cursor = "c"})), refused);
    EXPECT_EQ(text_of(broker_.await(0, broker_.at(0).cursors(session.context(), "q"))), refused);
    EXPECT_EQ(text_of(session.consume("s", {.prefetch = 1, .read_from = ReaderStart{}})),
              "allowed");
}

TEST_F(Rights, NamesAreRefusedAlikeWhetherTheyExist) {
    permit("", "", "");
    BrokerSession session(broker_, "u");
    const auto declared = [&](const std::string& name) {
        return text_of(session.declare(QueueDeclaration{.name = name}));
    };

    for (const std::string name : {"q", "none"}) {
        EXPECT_EQ(declared(name), refused("queue '" + name + "'"));
        EXPECT_EQ(text_of(session.status(name)), refused("queue '" + name + "'"));
        EXPECT_EQ(text_of(session.remove(name)), refused("queue '" + name + "'"));
        EXPECT_EQ(text_of(session.purge(name)), refused("queue '" + name + "'"));
        EXPECT_EQ(text_of(session.consume(name)), refused("queue '" + name + "'"));
    }
    for (const std::string name : {"x", "none"}) {
        EXPECT_EQ(text_of(session.publish({.exchange = name})), refused("exchange '" + name + "'"));
        EXPECT_EQ(text_of(session.declare(ExchangeDeclaration{.name = name, .type = "fanout"})),
                  refused("exchange '" + name + "'"));
    }
    EXPECT_EQ(text_of(session.publish({.key = "q"})), refused("exchange 'amq.default'"));
}

TEST_F(Rights, ConfigureDeclaresAndDeletes) {
    permit("^(mine|q)", "", "");
    BrokerSession session(broker_, "u");

    EXPECT_TRUE(session.declare(QueueDeclaration{.name = "mine.q"}));
    EXPECT_TRUE(session.declare(ExchangeDeclaration{.name = "mine.x", .type = "fanout"}));
    EXPECT_TRUE(session.status("q")) << "any right is enough to learn that it exists";
    EXPECT_TRUE(session.remove("q"));
    EXPECT_EQ(text_of(session.consume("mine.q")), refused("queue 'mine.q'"));
}

TEST_F(Rights, DeadLettersNeedRightsAtBothEnds) {
    permit("^mine", "", "");
    BrokerSession session(broker_, "u");
    const std::string arguments =
        amqp::FieldTable{{"x-dead-letter-exchange", amqp::FieldValue::string("x")}}.encode();
    const auto declared = [&] {
        return text_of(session.declare(QueueDeclaration{.name = "mine.q", .arguments = arguments}));
    };

    EXPECT_EQ(declared(), refused("queue 'mine.q'"));
    permit("^mine", "", "^mine");
    EXPECT_EQ(declared(), refused("exchange 'x'"));
    permit("^mine", "^x$", "^mine");
    EXPECT_EQ(declared(), "allowed");
}

TEST_F(Rights, AlternateExchangeNeedsRightsAtBothEnds) {
    permit("^mine", "^none$", "^mine");
    BrokerSession session(broker_, "u");
    const std::string arguments =
        amqp::FieldTable{{"alternate-exchange", amqp::FieldValue::string("x")}}.encode();
    const auto declared = [&] {
        return text_of(session.declare(
            ExchangeDeclaration{.name = "mine.x", .type = "fanout", .arguments = arguments}));
    };

    EXPECT_EQ(declared(), refused("exchange 'x'"));
    permit("^mine", "^x$", "^mine");
    EXPECT_EQ(declared(), "allowed");
}

TEST_F(Rights, BindingWritesTheQueueAndReadsTheExchange) {
    permit("", "^q$", "");
    BrokerSession session(broker_, "u");

    EXPECT_EQ(text_of(session.bind("x", "q", "k")), refused("exchange 'x'"));
    EXPECT_EQ(text_of(session.unbind("x", "q")), refused("exchange 'x'"));
    permit("", "", "^x$");
    EXPECT_EQ(text_of(session.bind("x", "q", "k")), refused("queue 'q'"));
    permit("", "^q$", "^x$");
    EXPECT_EQ(text_of(session.bind("x", "q", "k")), "allowed");
}

TEST_F(Rights, ReadingNeedsReadAndPublishingWrite) {
    permit("", "^amq\\.default$", "^q$");
    BrokerSession session(broker_, "u");

    EXPECT_EQ(text_of(session.publish({.key = "q"})), "allowed");
    EXPECT_TRUE(session.get("q"));
    EXPECT_EQ(text_of(session.purge("q")), "allowed");
    EXPECT_EQ(text_of(session.publish({.exchange = "x"})), refused("exchange 'x'"));
}

TEST_F(Rights, TakenAwayTheyEndForOpenSessions) {
    permit(".*", ".*", ".*");
    BrokerSession session(broker_, "u");
    EXPECT_EQ(text_of(session.publish({.exchange = "x"})), "allowed");

    permit(".*", "^t$", ".*");
    EXPECT_EQ(text_of(session.publish({.exchange = "x"})), refused("exchange 'x'"));
    permit(".*", ".*", ".*");
    EXPECT_EQ(text_of(session.publish({.exchange = "x"})), "allowed");
    must(broker_.await(0, door().delete_user("u")));
    EXPECT_EQ(text_of(session.publish({.exchange = "x"})), refused("exchange 'x'"));
}

TEST_F(Rights, OfManyExchangesAreAllRemembered) {
    permit("", "^even", "");
    BrokerSession owner(broker_);
    for (int i = 0; i < 40; ++i) {
        owner.exchange("even" + std::to_string(i), "fanout");
        owner.exchange("odd" + std::to_string(i), "fanout");
    }
    BrokerSession session(broker_, "u");

    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 40; ++i) {
            EXPECT_TRUE(session.publish({.exchange = "even" + std::to_string(i)}));
            EXPECT_FALSE(session.publish({.exchange = "odd" + std::to_string(i)}));
        }
    }
}

TEST_F(Rights, TopicsLimitRoutingKeysOfTheirExchange) {
    permit(".*", ".*", ".*");
    limit_topics("^{username}\\.", "^public\\.");
    BrokerSession session(broker_, "u");
    const auto topic = [](const std::string& key) {
        return "access to topic '" + key + "' in exchange 't' in vhost '/' refused for user 'u'";
    };

    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(text_of(session.publish({.exchange = "t", .key = "u.1"})), "allowed");
        EXPECT_EQ(text_of(session.publish({.exchange = "t", .key = "v.1"})), topic("v.1"));
    }
    EXPECT_EQ(text_of(session.publish({.exchange = "x", .key = "v.1"})), "allowed");
    EXPECT_EQ(text_of(session.bind("t", "q", "public.#")), "allowed");
    EXPECT_EQ(text_of(session.bind("t", "q", "#")), topic("#"));
}

TEST_F(Rights, TopicsAreFreeAgainWhenTheLimitGoes) {
    permit(".*", ".*", ".*");
    limit_topics("", "");
    BrokerSession session(broker_, "u");
    EXPECT_FALSE(session.publish({.exchange = "t", .key = "k"}));

    must(broker_.await(0, door().clear_topic_permission("u", "/", std::nullopt)));

    EXPECT_TRUE(session.publish({.exchange = "t", .key = "k"}));
}

}  // namespace
}  // namespace varve
