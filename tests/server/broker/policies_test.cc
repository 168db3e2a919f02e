#include "server/broker/policies.h"

#include "server/broker/resource.h"
#include "tests/support/broker_session.h"
#include "tests/support/brokers.h"

#include <gmock/gmock.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using std::chrono::milliseconds;
using testing::HasSubstr;

Policy policy(std::string name, std::string pattern, const FieldTable& definition) {
    return {.vhost = "/",
            .name = std::move(name),
            .pattern = std::move(pattern),
            .definition = definition.encode()};
}

QueueSpec spec_with(const FieldTable& arguments) {
    return must(parse_queue_spec(
        {.name = "q", .durable = true, .arguments = arguments.encode()}, "/", RetentionPolicy()));
}

PolicyBook book_of(std::vector<Policy> policies) {
    PolicyBook book{RetentionPolicy()};
    for (Policy& each : policies) book.put(std::move(each));
    return book;
}

TEST(PolicyBook, TheOneOfTheHighestPriorityThatMatchesCounts) {
    Policy low = policy("low", "^q", {{"message-ttl", FieldValue::integer(1)}});
    Policy high = policy("high", ".*", {{"message-ttl", FieldValue::integer(2)}});
    Policy other = policy("other", "^x", {{"message-ttl", FieldValue::integer(3)}});
    low.priority = 1;
    high.priority = 2;
    other.priority = 3;

    const QueueSettings settings =
        book_of({low, high, other}).settings_of("/", "q1", spec_with({}));

    EXPECT_EQ(milliseconds(2), settings.message_ttl);
}

TEST(PolicyBook, OfNumbersTheLowestCountsAndOfTextsTheQueuesOwn) {
    Policy users = policy("users",
                          "q",
                          {{"expires", FieldValue::integer(500)},
                           {"message-ttl", FieldValue::integer(100)},
                           {"dead-letter-exchange", FieldValue::string("policy")}});
    Policy operators = policy("operators", "q", {{"message-ttl", FieldValue::integer(50)}});
    operators.kind = PolicyKind::operators;

    const QueueSettings settings =
        book_of({users, operators})
            .settings_of("/",
                         "q",
                         spec_with({{"x-message-ttl", FieldValue::integer(70)},
                                    {"x-expires", FieldValue::integer(900)},
                                    {"x-dead-letter-exchange", FieldValue::string("own")}}));

    EXPECT_EQ(milliseconds(50), settings.message_ttl);
    EXPECT_EQ(milliseconds(500), settings.expires);
    EXPECT_EQ("own", settings.dead_letter->exchange);
}

// As RabbitMQ has it; tried with 3.10, but for the operators' overflow, which that does not know.
TEST(PolicyBook, ALengthLimitIsTheLowestOfThreeAndTheQueueSaysWhatOverflows) {
    Policy users = policy("users",
                          "q",
                          {{"max-length", FieldValue::integer(5)},
                           {"max-length-bytes", FieldValue::integer(70)},
                           {"delivery-limit", FieldValue::integer(3)},
                           {"dead-letter-exchange", FieldValue::string("policy")},
                           {"dead-letter-routing-key", FieldValue::string("key")},
                           {"overflow", FieldValue::string("reject-publish")}});
    Policy operators = policy(
        "operators",
        "q",
        {{"max-length", FieldValue::integer(2)}, {"max-length-bytes", FieldValue::integer(90)}});
    operators.kind = PolicyKind::operators;
    const PolicyBook book = book_of({users, operators});
    const FieldTable own{{"x-max-length", FieldValue::integer(3)},
                         {"x-max-length-bytes", FieldValue::integer(80)},
                         {"x-delivery-limit", FieldValue::integer(-1)},
                         {"x-dead-letter-exchange", FieldValue::string("own")},
                         {"x-overflow", FieldValue::string("drop-head")}};

    const QueueSettings plain = book.settings_of("/", "q", spec_with({}));
    const QueueSettings settings = book.settings_of("/", "q", spec_with(own));

    EXPECT_EQ(2u, plain.length.messages);
    EXPECT_EQ(70u, plain.length.bytes);
    EXPECT_EQ(Overflow::reject_publish, plain.length.overflow);
    EXPECT_EQ("policy", plain.dead_letter->exchange);
    EXPECT_EQ(2u, settings.length.messages);
    EXPECT_EQ(70u, settings.length.bytes);
    EXPECT_EQ(3u, settings.delivery_limit);
    EXPECT_EQ(Overflow::drop_head, settings.length.overflow);
    EXPECT_EQ("own", settings.dead_letter->exchange);
    EXPECT_EQ("key", settings.dead_letter->routing_key);
}

TEST(PolicyBook, ItAppliesToTheKindThatItNames) {
    Policy quorum = policy("p", ".*", {{"message-ttl", FieldValue::integer(1)}});
    quorum.apply_to = PolicyTarget::quorum_queues;
    const PolicyBook book = book_of({quorum});

    EXPECT_FALSE(book.settings_of("/", "q", spec_with({})).message_ttl);
    EXPECT_TRUE(
        book.settings_of("/", "q", spec_with({{"x-queue-type", FieldValue::string("quorum")}}))
            .message_ttl);
    EXPECT_FALSE(book.of_queue("other", "q", QueueType::quorum).any());
}

TEST(Policy, WhatMakesNoSenseIsRefusedByName) {
    const auto why = [](const FieldTable& definition, PolicyKind kind = PolicyKind::user) {
        Policy wrong = policy("p", ".*", definition);
        wrong.kind = kind;
        const auto checked = check_policy(wrong);
        return checked ? std::string() : checked.error().detail;
    };

    EXPECT_EQ("", why({{"message-ttl", FieldValue::integer(5)}}));
    EXPECT_EQ("", why({{"ha-mode", FieldValue::string("all")}}));
    EXPECT_THAT(why({{"bogus", FieldValue::boolean(true)}}),
                HasSubstr("[{<<\"bogus\">>,true}] are not recognised policy settings"));
    EXPECT_THAT(why({{"message-ttl", FieldValue::integer(-1)}}),
                HasSubstr("-1 is not a valid message TTL"));
    EXPECT_THAT(why({}), HasSubstr("no policy provided"));
    EXPECT_THAT(why({{"dead-letter-exchange", FieldValue::string("x")}}, PolicyKind::operators),
                HasSubstr("'dead-letter-exchange' is not a key"));
    EXPECT_FALSE(check_policy(policy("p", "(", {{"expires", FieldValue::integer(5)}})));
}

TEST(Policy, ItsCatalogueEntryGivesItBack) {
    Policy written = policy("p", "^a$", {{"max-length", FieldValue::integer(5)}});
    written.kind = PolicyKind::operators;
    written.priority = -7;
    written.apply_to = PolicyTarget::exchanges;

    EXPECT_EQ(written, must(decode_policy(encode(written))));
    EXPECT_FALSE(decode_policy(ByteView(encode(written)).substr(0, 9)));
}

std::optional<milliseconds> ttl_of(RunningBroker& broker, const std::string& name) {
    // Of the shard that is asked last.
    return broker.call(broker.shard_count() - 1, [&] {
        const Vhost* vhost = broker.at(broker.shard_count() - 1).find_vhost("/");
        return vhost->find_queue(name)->settings->message_ttl;
    });
}

TEST(Policies, AQueueFeelsItAtOnceAndAfterACrashToo) {
    BrokerHome home;
    {
        RunningBroker broker(home);
        BrokerSession session(broker, 0);
        session.queue("before");

        must(broker.await(
            0, broker.policies().put(policy("p", "", {{"message-ttl", FieldValue::integer(42)}}))));
        session.queue("after");

        EXPECT_EQ(milliseconds(42), ttl_of(broker, "before"));
        EXPECT_EQ(milliseconds(42), ttl_of(broker, "after"));
        session.abandon();
        broker.crash();
    }
    RunningBroker broker(home);
    EXPECT_EQ(milliseconds(42), ttl_of(broker, "before"));
    EXPECT_EQ(milliseconds(42), ttl_of(broker, "after"));

    must(broker.await(0, broker.policies().erase(PolicyKind::user, "/", "p")));
    EXPECT_FALSE(ttl_of(broker, "before"));
    EXPECT_EQ(ErrorCode::not_found,
              broker.await(0, broker.policies().erase(PolicyKind::user, "/", "p")).error().code);
}

TEST(Policies, ALimitInBytesCountsWhatIsThereAlreadyAndWhatIsOut) {
    BrokerHome home;
    RunningBroker broker(home);
    BrokerSession session(broker, 0);
    session.queue("q");
    session.send("q", std::vector<std::string>(10, std::string(10, 'b')));
    const Received out = session.get("q").value();
    must(broker.engine().checkpoint());
    const auto wait_until_ready = [&](uint64_t count) {
        while (session.ready("q") != count) broker.quiesce();
    };

    must(broker.await(
        0,
        broker.policies().put(policy("p", "q", {{"max-length-bytes", FieldValue::integer(85)}}))));
    wait_until_ready(8);  // of 9
    session.settle(out, SettleAction::requeue);
    wait_until_ready(8);
    session.send("q", {"fits!"});
    EXPECT_EQ(9u, session.ready("q"));
    session.send("q", {"!"});
    wait_until_ready(9);
    EXPECT_EQ("fits!", [&] {
        std::vector<std::string> all;
        while (const auto got = session.get("q")) all.push_back(got->body);
        return all.at(all.size() - 2);
    }());
}

TEST(Policies, RetentionOfALogThatIsThereFollows) {
    BrokerHome home;
    const RetentionPolicy usual = home.options.retention;
    {
        RunningBroker broker(home);
        BrokerSession session(broker, 0);
        session.queue("q");
        ASSERT_EQ(1u, broker.engine().logs().size());

        must(broker.await(0,
                          broker.policies().put(
                              policy("p", "q", {{"retention-bytes", FieldValue::integer(7)}}))));
        EXPECT_EQ(7u, broker.engine().logs().front()->retention().bytes);
        session.abandon();
        broker.crash();
    }
    RunningBroker broker(home);
    EXPECT_EQ(7u, broker.engine().logs().front()->retention().bytes);
    must(broker.await(0, broker.policies().erase(PolicyKind::user, "/", "p")));
    EXPECT_EQ(usual, broker.engine().logs().front()->retention());
}

TEST(Policies, AnExchangeGetsItsAlternateFromOne) {
    BrokerHome home;
    RunningBroker broker(home);
    const auto alternate = [&] {
        return broker.call(1, [&] {
            return broker.at(1).find_vhost("/")->find_exchange("amq.direct")->alternate();
        });
    };
    Policy to_fanout =
        policy("ae", "^amq.direct$", {{"alternate-exchange", FieldValue::string("amq.fanout")}});
    to_fanout.apply_to = PolicyTarget::exchanges;

    must(broker.await(0, broker.policies().put(to_fanout)));
    EXPECT_EQ("amq.fanout", alternate());

    must(broker.await(0, broker.policies().erase(PolicyKind::user, "/", "ae")));
    EXPECT_EQ(std::nullopt, alternate());
}

}  // namespace
}  // namespace varve
