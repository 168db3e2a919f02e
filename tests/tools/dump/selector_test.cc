#include "tools/dump/selector.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr TimePoint kNow{1'777'896'191'490};

OffsetRange within(std::string_view text, OffsetRange available) {
    const auto selection = parse_offsets(text);
    EXPECT_TRUE(selection) << text;
    return selection ? selection->within(available) : OffsetRange{};
}

TEST(OffsetSelection, RangesAreHalfOpen) {
    const OffsetRange log{{10}, {100}};
    EXPECT_EQ((OffsetRange{{20}, {30}}), within("20..30", log));
    EXPECT_EQ((OffsetRange{{20}, {100}}), within("20..", log));
    EXPECT_EQ((OffsetRange{{10}, {30}}), within("..30", log));
    EXPECT_EQ((OffsetRange{{20}, {21}}), within("20", log));
    EXPECT_EQ((OffsetRange{{95}, {100}}), within("-5..", log));
}

TEST(OffsetSelection, WhatTheLogDoesNotHaveIsLeftOut) {
    const OffsetRange log{{10}, {100}};
    EXPECT_EQ(log, within("0..1000", log));
    EXPECT_EQ(log, within("-1000..", log));
    EXPECT_TRUE(within("200..300", log).empty());
    EXPECT_TRUE(within("3", log).empty());
    EXPECT_EQ(log, OffsetSelection{}.within(log));
}

TEST(OffsetSelection, AnythingElseIsRefused) {
    for (const char* text : {"",
                             "..",
                             "a",
                             "1..b",
                             "-",
                             "-..",
                             "-5",
                             "-5..6",
                             "5..5",
                             "6..5",
                             "1...3",
                             "1.5",
                             "9223372036854775807",
                             "99999999999999999999",
                             "1..-2",
                             " 1"}) {
        EXPECT_FALSE(parse_offsets(text)) << text;
    }
}

TEST(StateSelection, IsAListAndKnowsGroups) {
    const auto some = StateSelection::parse("acked,ready");
    ASSERT_TRUE(some);
    EXPECT_TRUE(some->contains(MessageState::acked));
    EXPECT_TRUE(some->contains(MessageState::ready));
    EXPECT_FALSE(some->contains(MessageState::delivered));
    const auto settled = StateSelection::parse("settled");
    EXPECT_TRUE(settled->contains(MessageState::expired));
    EXPECT_FALSE(settled->contains(MessageState::ready));
    EXPECT_FALSE(settled->contains(MessageState::kept));
    EXPECT_TRUE(StateSelection::parse("unsettled")->contains(MessageState::delivered));
    for (const MessageState state : kMessageStates)
        EXPECT_TRUE(StateSelection::parse(to_string(state))->contains(state));
}

TEST(StateSelection, AnUnknownStateIsRefusedWithTheKnownOnes) {
    const auto refused = StateSelection::parse("acked,done");
    ASSERT_FALSE(refused);
    EXPECT_NE(std::string::npos, refused.error().detail.find("'done'"));
    EXPECT_NE(std::string::npos, refused.error().detail.find("delivered"));
    EXPECT_FALSE(StateSelection::parse("acked,"));
}

// A message in queue "celery" of vhost "/", as if it had just been taken apart.
struct Sample {
    NamedLog source{.vhost = "/", .queue = "celery"};
    amqp::FieldTable headers;
    std::string body = "hello world";
    std::optional<CeleryTask> task;
    MessageState state = MessageState::acked;
    TimePoint appended = kNow;

    bool wanted_by(const SelectorText& text) const {
        const auto selector = Selector::parse(text, kNow);
        if (!selector) return ADD_FAILURE() << selector.error().detail, false;
        StoredMessage message{.source = source,
                              .offset = {5},
                              .record = {.appended = appended,
                                         .exchange = "amq.topic",
                                         .routing_key = "orders.paid.eu",
                                         .body = body},
                              .state = state,
                              .headers = headers,
                              .task = task};
        return selector->wants(source) && selector->may_want(message) && selector->wants(message);
    }
};

TEST(Selector, WithoutOptionsWantsEverything) { EXPECT_TRUE(Sample().wanted_by({})); }

TEST(Selector, PatternsMatchNames) {
    const Sample sample;
    EXPECT_TRUE(sample.wanted_by({.queue = "cel*"}));
    EXPECT_FALSE(sample.wanted_by({.queue = "cel"}));
    EXPECT_FALSE(sample.wanted_by({.vhost = "other"}));
    EXPECT_TRUE(sample.wanted_by({.exchange = "amq.*", .routing_key = "orders.*.eu"}));
    EXPECT_FALSE(sample.wanted_by({.routing_key = "orders"}));
}

TEST(Selector, ALevelOfAPriorityQueueHasItsOwnName) {
    Sample sample;
    sample.source.level = 3;
    sample.source.has_levels = true;
    EXPECT_TRUE(sample.wanted_by({.queue = "celery"}));
    EXPECT_TRUE(sample.wanted_by({.queue = "celery/3"}));
    EXPECT_FALSE(sample.wanted_by({.queue = "celery/4"}));
}

TEST(Selector, TimesAreHalfOpen) {
    const Sample sample;
    EXPECT_TRUE(sample.wanted_by({.since = "@1777896191.490"}));
    EXPECT_FALSE(sample.wanted_by({.until = "@1777896191.490"}));
    EXPECT_TRUE(sample.wanted_by({.since = "10m", .until = "@1777896191.491"}));
    EXPECT_FALSE(sample.wanted_by({.until = "10m"}));
}

TEST(Selector, HeadersMatchByNameAndValue) {
    Sample sample;
    sample.headers = {{"region", amqp::FieldValue::string("eu-west")},
                      {"tries", amqp::FieldValue::integer(3)}};
    EXPECT_TRUE(sample.wanted_by({.headers = {"region"}}));
    EXPECT_TRUE(sample.wanted_by({.headers = {"region=eu-*", "tries=3"}}));
    EXPECT_FALSE(sample.wanted_by({.headers = {"region=eu-*", "tries=4"}}));
    EXPECT_FALSE(sample.wanted_by({.headers = {"other"}}));
}

TEST(Selector, TasksMatchByNameAndId) {
    Sample sample;
    EXPECT_FALSE(sample.wanted_by({.task = "*"}));
    sample.task = CeleryTask{.name = "billing.charge", .id = "5b0c"};
    EXPECT_TRUE(sample.wanted_by({.task = "billing.*"}));
    EXPECT_TRUE(sample.wanted_by({.task_id = "5b0c"}));
    EXPECT_FALSE(sample.wanted_by({.task_id = "5b"}));
}

TEST(Selector, GrepLooksIntoBodyAndArguments) {
    Sample sample;
    EXPECT_TRUE(sample.wanted_by({.grep = "w[aeiou]rld$"}));
    EXPECT_FALSE(sample.wanted_by({.grep = "^world"}));
    sample.body = std::string("\x80\0pickle", 8);
    EXPECT_TRUE(sample.wanted_by({.grep = "pickle"}));
    sample.task = CeleryTask{.name = "a", .id = "b", .args = "('EUR',)"};
    EXPECT_TRUE(sample.wanted_by({.grep = "EUR"}));
}

TEST(Selector, ALongBodyDoesNotEndTheSearch) {
    Sample sample;
    sample.body = std::string(4 << 20, 'a') + "needle";
    EXPECT_TRUE(sample.wanted_by({.grep = "a+needle"}));
}

TEST(Selector, ARefusalNamesTheOption) {
    const auto detail = [](const SelectorText& text) {
        const auto selector = Selector::parse(text, kNow);
        return selector ? "" : selector.error().detail;
    };
    EXPECT_TRUE(detail({.offsets = "x"}).starts_with("--offset: "));
    EXPECT_TRUE(detail({.since = "x"}).starts_with("--since: "));
    EXPECT_TRUE(detail({.until = "x"}).starts_with("--until: "));
    EXPECT_TRUE(detail({.states = "x"}).starts_with("--state: "));
    EXPECT_TRUE(detail({.grep = "("}).starts_with("--grep: "));
    EXPECT_TRUE(detail({.headers = {"=x"}}).starts_with("--header: "));
    EXPECT_TRUE(detail({.since = "10m", .until = "20m"}).starts_with("--until "));
}

}  // namespace
}  // namespace varve
