#include "server/broker/dead_letter.h"

#include "server/message/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace amqp;
using ::testing::ElementsAre;

constexpr TimePoint kNow{1'700'000'123'456};

struct Source : QueueEntry {
    explicit Source(const std::string& queue = "work",
                    std::optional<std::string> key = std::nullopt) {
        vhost = "/";
        name = queue;
        spec.settings.dead_letter =
            DeadLetterTarget{.exchange = "dead", .routing_key = std::move(key)};
    }
};

DeadLetter bury(const Source& source, const RecordView& record, DeathReason reason, TimePoint now) {
    return make_dead_letter(source, *source.spec.settings.dead_letter, record, reason, now);
}

RecordView record(const std::string& properties) {
    return {.appended = kNow,
            .exchange = "orders",
            .routing_key = "new",
            .properties = properties,
            .body = "body"};
}

std::string properties_with(const FieldTable& headers, const std::string& expiration = "") {
    PropertiesBuilder builder;
    builder.headers(headers.encode());
    if (!expiration.empty()) builder.text(Property::expiration, expiration);
    return builder.encode();
}

FieldTable headers_of(const DeadLetter& letter) {
    return must(FieldTable::decode(must(Properties::parse(letter.properties)).headers()));
}

const FieldTable& death(const DeadLetter& letter, size_t index) {
    return *letter.deaths.at(index).as_table();
}

TEST(DeadLetter, FirstDeathIsToldInFull) {
    const std::string properties = properties_with({{"mine", FieldValue::integer(1)}}, "5000");

    const DeadLetter letter = bury(Source(), record(properties), DeathReason::expired, kNow);

    ASSERT_EQ(letter.deaths.size(), 1u);
    EXPECT_EQ(death(letter, 0).integer("count"), 1);
    EXPECT_EQ(death(letter, 0).string("reason"), "expired");
    EXPECT_EQ(death(letter, 0).string("queue"), "work");
    EXPECT_EQ(death(letter, 0).string("exchange"), "orders");
    EXPECT_EQ(death(letter, 0).string("original-expiration"), "5000");
    EXPECT_EQ(*death(letter, 0).find("time"), FieldValue{FieldTimestamp{1'700'000'123}});
    EXPECT_EQ(*death(letter, 0).find("routing-keys"),
              FieldValue{FieldArray{FieldValue::string("new")}});
    const FieldTable headers = headers_of(letter);
    EXPECT_EQ(headers.integer("mine"), 1);
    EXPECT_EQ(headers.string("x-first-death-reason"), "expired");
    EXPECT_EQ(headers.string("x-first-death-queue"), "work");
    EXPECT_EQ(headers.string("x-first-death-exchange"), "orders");
    EXPECT_EQ(headers.string("x-last-death-reason"), "expired");
    EXPECT_EQ(*headers.find("x-death"), FieldValue{letter.deaths});
}

TEST(DeadLetter, TimeLimitIsTakenOffSoThatItDoesNotExpireAgain) {
    const DeadLetter letter =
        bury(Source(), record(properties_with({}, "10")), DeathReason::expired, kNow);
    EXPECT_FALSE(must(Properties::parse(letter.properties)).has(Property::expiration));
}

TEST(DeadLetter, SameQueueAndReasonIsCountedWithTheTimeOfTheFirst) {
    const DeadLetter first =
        bury(Source(), record(properties_with({})), DeathReason::rejected, kNow);

    const DeadLetter second = bury(
        Source(), record(first.properties), DeathReason::rejected, kNow + std::chrono::seconds(9));

    ASSERT_EQ(second.deaths.size(), 1u);
    EXPECT_EQ(death(second, 0).integer("count"), 2);
    EXPECT_EQ(*death(second, 0).find("time"), *death(first, 0).find("time"));
}

TEST(DeadLetter, NewestDeathComesFirstAndTheFirstStaysTheFirst) {
    const DeadLetter first =
        bury(Source("one"), record(properties_with({})), DeathReason::rejected, kNow);

    const DeadLetter second =
        bury(Source("two"), record(first.properties), DeathReason::expired, kNow);

    ASSERT_EQ(second.deaths.size(), 2u);
    EXPECT_EQ(death(second, 0).string("queue"), "two");
    EXPECT_EQ(death(second, 1).string("queue"), "one");
    const FieldTable headers = headers_of(second);
    EXPECT_EQ(headers.string("x-first-death-queue"), "one");
    EXPECT_EQ(headers.string("x-last-death-queue"), "two");
}

TEST(DeadLetter, GoesWithItsOwnKeysUnlessTheQueueNamesOne) {
    const FieldTable headers{{"CC", {FieldArray{FieldValue::string("copy")}}}};
    const std::string properties = properties_with(headers);

    const DeadLetter own = bury(Source(), record(properties), DeathReason::rejected, kNow);
    const DeadLetter named =
        bury(Source("work", "graveyard"), record(properties), DeathReason::rejected, kNow);

    EXPECT_THAT(own.keys, ElementsAre("new", "copy"));
    EXPECT_NE(headers_of(own).find("CC"), nullptr);
    EXPECT_THAT(named.keys, ElementsAre("graveyard"));
    EXPECT_EQ(headers_of(named).find("CC"), nullptr);
}

TEST(DeadLetter, ComingBackToAQueueUnrejectedIsACircle) {
    const DeadLetter one =
        bury(Source("one"), record(properties_with({})), DeathReason::expired, kNow);
    EXPECT_TRUE(runs_in_circle(one.deaths, "one"));
    EXPECT_FALSE(runs_in_circle(one.deaths, "two"));

    const DeadLetter rejected =
        bury(Source("two"), record(one.properties), DeathReason::rejected, kNow);
    EXPECT_FALSE(runs_in_circle(rejected.deaths, "one"));
}

TEST(DeadLetter, DeathsThatAClientSendsAreCountedOnButMakeNoCircle) {
    const DeadLetter real =
        bury(Source("one"), record(properties_with({})), DeathReason::expired, kNow);

    const std::string republished = demote_client_deaths(real.properties);
    const DeadLetter again = bury(Source("two"), record(republished), DeathReason::expired, kNow);

    EXPECT_FALSE(runs_in_circle(again.deaths, "one"));
    EXPECT_EQ(again.deaths.size(), 2u);
    EXPECT_EQ(headers_of(again).string("x-first-death-queue"), "two");
    const DeadLetter counted = bury(Source("one"), record(republished), DeathReason::expired, kNow);
    EXPECT_EQ(death(counted, 0).integer("count"), 2);
}

TEST(DeadLetter, HistoryThatIsNoListIsReplaced) {
    const std::string properties = properties_with({{"x-death", FieldValue::string("nonsense")}});
    const DeadLetter letter = bury(Source(), record(properties), DeathReason::rejected, kNow);
    EXPECT_EQ(letter.deaths.size(), 1u);
}

}  // namespace
}  // namespace varve
