#include "server/broker/queue_spec.h"

#include "server/message/field_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using std::chrono::milliseconds;

FieldTable arguments(std::string_view name, FieldValue value) {
    return {{std::string(name), std::move(value)}};
}

Result<QueueSpec> parse(const FieldTable& arguments) {
    return parse_queue_spec(
        {.name = "q", .durable = true, .arguments = arguments.encode()}, "/", {});
}

std::string refusal(const FieldTable& arguments) {
    const auto spec = parse(arguments);
    return spec ? "accepted" : spec.error().detail;
}

std::string difference(const FieldTable& current, const FieldTable& asked) {
    const auto same = check_equivalent(must(parse(current)), must(parse(asked)), "q", "/");
    return same ? "the same" : same.error().detail;
}

TEST(QueueSpec, ArgumentsAreUnderstood) {
    const QueueSpec spec = must(parse({{"x-expires", FieldValue::integer(1000)},
                                       {"x-message-ttl", FieldValue::integer(0)},
                                       {"x-max-priority", FieldValue::integer(9)},
                                       {"x-dead-letter-exchange", FieldValue::string("")},
                                       {"x-dead-letter-routing-key", FieldValue::string("dead")},
                                       {"x-retention-bytes", FieldValue::integer(4096)},
                                       {"x-retention-age", FieldValue::string("2h")}}));
    EXPECT_EQ(spec.settings.expires, milliseconds(1000));
    EXPECT_EQ(spec.settings.message_ttl, milliseconds(0));
    EXPECT_EQ(spec.level_count(), 10u);
    EXPECT_EQ(spec.settings.dead_letter, (DeadLetterTarget{"", "dead"}));
    EXPECT_EQ(spec.settings.retention.bytes, 4096u);
    EXPECT_EQ(spec.settings.retention.age, std::chrono::hours(2));
}

TEST(QueueSpec, LimitsAreUnderstood) {
    const QueueSpec spec =
        must(parse({{"x-max-length", FieldValue::integer(5)},
                    {"x-max-length-bytes", FieldValue::integer(4096)},
                    {"x-overflow", FieldValue::string("reject-publish-dlx")},
                    {"x-single-active-consumer", FieldValue::boolean(true)},
                    {"x-delivery-limit", FieldValue::integer(3)},
                    {"x-consumer-timeout", FieldValue::integer(60'000)},
                    {"x-dead-letter-strategy", FieldValue::string("at-least-once")}}));
    EXPECT_EQ(spec.settings.length, (LengthLimit{5, 4096, Overflow::reject_publish_dlx}));
    EXPECT_TRUE(spec.single_active_consumer);
    EXPECT_EQ(spec.settings.delivery_limit, 3u);
    EXPECT_EQ(spec.settings.consumer_timeout, milliseconds(60'000));
}

TEST(QueueSpec, QuorumQueuesHaveADeliveryLimitUnlessToldOtherwise) {
    FieldTable quorum = arguments("x-queue-type", FieldValue::string("quorum"));
    EXPECT_EQ(must(parse(quorum)).settings.delivery_limit, 20u);
    quorum.set("x-delivery-limit", FieldValue::integer(-1));
    EXPECT_EQ(must(parse(quorum)).settings.delivery_limit, std::nullopt);
    EXPECT_EQ(must(parse({})).settings.delivery_limit, std::nullopt);
}

TEST(QueueSpec, ArgumentsOfOtherTypesOfQueueAreTakenQuietly) {
    const QueueSpec spec = must(parse({{"x-max-age", FieldValue::string("7D")},
                                       {"x-quorum-initial-group-size", FieldValue::integer(3)},
                                       {"x-max-lenght", FieldValue::integer(3)}}));
    EXPECT_EQ(unknown_arguments(spec), std::vector<std::string>{"x-max-lenght"});
}

TEST(QueueSpec, RetentionIsTheGivenDefaultUnlessSaid) {
    const RetentionPolicy fallback{.bytes = 77, .age = milliseconds(5)};
    const QueueSpec spec = must(parse_queue_spec({.name = "q", .durable = true}, "/", fallback));
    EXPECT_EQ(spec.settings.retention, fallback);
}

TEST(QueueSpec, ExclusiveAndTransientQueuesAreNotStored) {
    EXPECT_TRUE((QueueSpec{.durable = true}.stored()));
    EXPECT_FALSE((QueueSpec{.durable = true, .exclusive = true}.stored()));
    EXPECT_FALSE(QueueSpec{}.stored());
    EXPECT_FALSE((QueueSpec{.durable = true}.stores(false)));
    EXPECT_TRUE((QueueSpec{.durable = true, .type = QueueType::quorum}.stores(false)));
}

TEST(QueueSpec, WrongValuesAreRefusedInRabbitWords) {
    EXPECT_EQ(refusal(arguments("x-message-ttl", FieldValue::string("1"))),
              "invalid arg 'x-message-ttl' for queue 'q' in vhost '/': \"expected integer, got "
              "longstr\"");
    EXPECT_EQ(refusal(arguments("x-expires", FieldValue::integer(0))),
              "invalid arg 'x-expires' for queue 'q' in vhost '/': {value_zero,0}");
    EXPECT_EQ(refusal(arguments("x-max-priority", FieldValue::integer(256))),
              "invalid arg 'x-max-priority' for queue 'q' in vhost '/': {max_value_exceeded,256}");
    EXPECT_EQ(refusal(arguments("x-message-ttl", FieldValue::integer(-1))),
              "invalid arg 'x-message-ttl' for queue 'q' in vhost '/': {value_negative,-1}");
    EXPECT_EQ(refusal(arguments("x-dead-letter-strategy", FieldValue::string("never"))),
              "invalid arg 'x-dead-letter-strategy' for queue 'q' in vhost '/': "
              "invalid_dlx_strategy");
    EXPECT_EQ(refusal(arguments("x-dead-letter-routing-key", FieldValue::string("k"))),
              "invalid arg 'x-dead-letter-routing-key' for queue 'q' in vhost '/': "
              "routing_key_but_no_dlx_defined");
}

TEST(QueueSpec, AStreamKeepsEverythingUnlessItIsToldHowMuch) {
    FieldTable wanted{{"x-queue-type", FieldValue::string("stream")}};
    EXPECT_GE(must(parse(wanted)).settings.retention.bytes, Bytes{1} << 62);
    wanted.set("x-max-age", FieldValue::string("7D"));
    wanted.set("x-max-length-bytes", FieldValue::integer(1000));

    const QueueSettings settings = must(parse(wanted)).settings;

    EXPECT_EQ(settings.retention.age, std::chrono::hours(7 * 24));
    EXPECT_EQ(settings.retention.bytes, 1000u);
    EXPECT_FALSE(settings.length.bytes);
}

TEST(QueueSpec, ArgumentsOfStreamsMeanNothingToOthers) {
    const auto spec = must(parse({{"x-max-age", FieldValue::string("1D")}}));

    EXPECT_EQ(spec.settings.retention, RetentionPolicy());
    EXPECT_FALSE(parse(arguments("x-max-age", FieldValue::string("soon"))));
}

TEST(QueueSpec, QuorumQueuesAreDurableAndShared) {
    const std::string quorum = arguments("x-queue-type", FieldValue::string("quorum")).encode();
    EXPECT_TRUE(parse_queue_spec({.name = "q", .durable = true, .arguments = quorum}, "/", {}));
    EXPECT_FALSE(parse_queue_spec({.name = "q", .arguments = quorum}, "/", {}));
    EXPECT_FALSE(parse_queue_spec(
        {.name = "q", .durable = true, .exclusive = true, .arguments = quorum}, "/", {}));
}

TEST(QueueSpec, DeclaredAgainWithTheSameValuesInOtherWidthsIsTheSame) {
    EXPECT_EQ(difference(arguments("x-message-ttl", {FieldInteger{1000, 'I'}}),
                         arguments("x-message-ttl", {FieldInteger{1000, 'l'}})),
              "the same");
    EXPECT_EQ(difference({}, arguments("x-queue-type", FieldValue::string("classic"))), "the same");
    EXPECT_EQ(difference({}, arguments("x-unheard-of", FieldValue::integer(1))), "the same");
}

TEST(QueueSpec, FirstDifferenceIsNamed) {
    EXPECT_EQ(difference(arguments("x-message-ttl", FieldValue::integer(1)),
                         arguments("x-message-ttl", FieldValue::integer(2))),
              "inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received '2' but "
              "current is '1'");
    EXPECT_EQ(difference(arguments("x-message-ttl", FieldValue::integer(1)), {}),
              "inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': received none but "
              "current is the value '1' of type 'long'");
    const auto durable = check_equivalent({.durable = true}, {.durable = false}, "q", "/");
    EXPECT_EQ(durable.error().code, ErrorCode::precondition);
    EXPECT_EQ(durable.error().detail,
              "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current "
              "is 'true'");
}

TEST(QueueSpec, ArgumentsWithoutMeaningAreTold) {
    const QueueSpec spec = must(parse({{"x-mesage-ttl", FieldValue::integer(1)},
                                       {"x-queue-version", FieldValue::integer(2)},
                                       {"note", FieldValue::string("mine")}}));
    EXPECT_THAT(unknown_arguments(spec), ::testing::ElementsAre("x-mesage-ttl"));
}

}  // namespace
}  // namespace varve
