// Filters of readers: x-stream-filter on what has x-stream-filter-value.
#include "server/broker/reader_filter.h"

#include "tests/server/broker/cursors_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using testing::ElementsAre;
using testing::IsEmpty;

TestMessage with_value(const std::string& body, const std::string& value) {
    return {.key = "q",
            .body = body,
            .headers = {{"x-stream-filter-value", FieldValue::string(value)}}};
}

class Filters : public Cursors {
protected:
    Filters() {
        must(session_->publish(with_value("de1", "de")));
        must(session_->publish(with_value("fr1", "fr")));
        must(session_->publish({.key = "q", .body = "none"}));
        must(session_->publish(with_value("de2", "de")));
    }
    // What a reader with this filter gets: so many messages, and no more.
    std::vector<std::string> filtered(const FieldTable& arguments,
                                      size_t count,
                                      const std::string& cursor = {}) {
        const auto reader =
            must(session_->consume("q",
                                   {.read_from = kFirst,
                                    .cursor = cursor,
                                    .filter = parse_reader_filter(arguments.encode())}));
        const auto received = reader->take(count);
        if (!cursor.empty()) ack_all(cursor, received);
        broker_->quiesce();
        EXPECT_EQ(reader->waiting_count(), 0u);
        session_->cancel(reader);
        return bodies_of(received);
    }
};
INSTANTIATE_TEST_SUITE_P(FromShard, Filters, testing::Values(0, 1));

TEST_P(Filters, LetThroughWhatHasTheirValue) {
    EXPECT_THAT(filtered({{"x-stream-filter", FieldValue::string("de")}}, 2),
                ElementsAre("de1", "de2"));
    EXPECT_THAT(filtered({{"x-stream-filter", FieldValue::string("it")}}, 0), IsEmpty());
}

TEST_P(Filters, MayHaveSeveralValues) {
    const FieldArray both{FieldValue::string("fr"), FieldValue::string("de")};

    EXPECT_THAT(filtered({{"x-stream-filter", {both}}}, 3), ElementsAre("de1", "fr1", "de2"));
}

TEST_P(Filters, LetThroughWhatHasNoValueWhereThatIsAskedFor) {
    EXPECT_THAT(filtered({{"x-stream-filter", FieldValue::string("fr")},
                          {"x-stream-match-unfiltered", FieldValue::boolean(true)}},
                         2),
                ElementsAre("fr1", "none"));
}

TEST_P(Filters, WithoutAValueThereIsNone) {
    EXPECT_THAT(filtered({{"x-stream-match-unfiltered", FieldValue::boolean(false)}}, 4),
                ElementsAre("de1", "fr1", "none", "de2"));
    EXPECT_THAT(filtered({{"x-stream-filter", FieldValue::integer(5)}}, 4),
                ElementsAre("de1", "fr1", "none", "de2"));
}

TEST_P(Filters, CostNoCreditForWhatTheyPassOver) {
    const auto reader =
        must(session_->consume("q",
                               {.prefetch = 2,
                                .read_from = kFirst,
                                .filter = {.values = std::vector<std::string>{"de"}}}));

    EXPECT_THAT(bodies_of(reader->take(2)), ElementsAre("de1", "de2"));
}

TEST_P(Filters, FollowWhatComes) {
    const auto reader = must(session_->consume(
        "q", {.read_from = ReaderStart{}, .filter = {.values = std::vector<std::string>{"de"}}}));
    must(session_->publish(with_value("fr2", "fr")));
    must(session_->publish(with_value("de3", "de")));

    EXPECT_THAT(bodies_of(reader->take(1)), ElementsAre("de3"));
}

TEST_P(Filters, UnderACursorAreDoneWithWhatTheyPassOver) {
    EXPECT_THAT(filtered({{"x-stream-filter", FieldValue::string("fr")}}, 1, "c"),
                ElementsAre("fr1"));
    broker_->quiesce();

    crash();

    EXPECT_THAT(comes("c", 0), IsEmpty());
}

TEST(ReaderFilter, ValueOfAnotherTypeIsNone) {
    const ReaderFilter filter{.values = std::vector<std::string>{"5"}};
    const TestMessage number{.headers = {{"x-stream-filter-value", FieldValue::integer(5)}}};
    const TestMessage text{.headers = {{"x-stream-filter-value", FieldValue::string("5")}}};

    EXPECT_FALSE(filter.wants(number.properties()));
    EXPECT_TRUE(filter.wants(text.properties()));
    EXPECT_FALSE(filter.wants(TestMessage{}.properties()));
}

TEST(ReaderFilter, ArrayWithoutATextMatchesNothing) {
    const FieldTable arguments{{"x-stream-filter", {FieldArray{FieldValue::integer(5)}}}};

    const ReaderFilter filter = parse_reader_filter(arguments.encode());

    EXPECT_FALSE(filter.is_off());
    EXPECT_FALSE(filter.wants(TestMessage{}.properties()));
}

}  // namespace
}  // namespace varve
