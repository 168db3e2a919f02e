#include "tools/dump/message_json.h"

#include "engine/log_state.h"
#include "tools/dump/message_text.h"
#include "tools/text/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace varve {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using amqp::PropertiesBuilder;
using amqp::Property;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kTime{1'777'896'191'490};

// One message in queue "orders"; owns what the record borrows.
class Shown {
public:
    explicit Shown(std::string body, std::string properties = PropertiesBuilder().encode())
        : body_(std::move(body)),
          properties_(std::move(properties)),
          source_{.vhost = "/", .queue = "orders", .log = LogState::make(LogId{}, {}, nullptr)} {}

    std::string json() const { return json_line(message()); }
    std::string details() const { return message_details(message(), Style::of(false)); }
    std::string row() const {
        std::string text;
        for (const Cell& cell : message_row(message(), QueueColumn::shown)) text += cell.text + '|';
        return text;
    }

private:
    StoredMessage message() const {
        StoredMessage message{.source = source_,
                              .offset = {918'205},
                              .record = {.appended = kTime,
                                         .exchange = "amq.topic",
                                         .routing_key = "orders.eu",
                                         .properties = properties_,
                                         .body = body_},
                              .state = MessageState::delivered,
                              .returns = 2};
        take_apart(message);
        return message;
    }

    std::string body_;
    std::string properties_;
    NamedLog source_;
};

TEST(MessageJson, IsOneLineWithAVersion) {
    EXPECT_EQ(
        R"({"v":1,"vhost":"/","queue":"orders","log":"00000000000000000000000000000000","offset":918205,)"
        R"("ts":"2026-05-04T12:03:11.490Z","state":"delivered","returns":2,"exchange":"amq.topic",)"
        R"("routing_key":"orders.eu","size":5,"properties":{},"headers":{},"payload_type":"text","payload":"hello"})"
        "\n",
        Shown("hello").json());
}

TEST(MessageJson, AJsonBodyIsEmbedded) {
    const std::string json =
        PropertiesBuilder().text(Property::content_type, "application/json").encode();
    EXPECT_THAT(Shown("{\n \"a\": 1\n}").json(),
                HasSubstr(R"("payload_type":"json","payload":{"a":1}})"));
    EXPECT_THAT(Shown("12", json).json(), HasSubstr(R"("payload_type":"json","payload":12})"));
    EXPECT_THAT(Shown("12").json(), HasSubstr(R"("payload_type":"text","payload":"12"})"));
    EXPECT_THAT(Shown("{broken", json).json(),
                HasSubstr(R"("payload_type":"text","payload":"{broken"})"));
}

TEST(MessageJson, ABodyThatIsNoTextIsBase64) {
    EXPECT_THAT(Shown(std::string("\0\xff\x10", 3)).json(),
                HasSubstr(R"("payload_type":"bytes","payload_b64":"AP8Q"})"));
}

TEST(MessageJson, PropertiesAndHeadersOfEveryTypeAreShown) {
    const FieldTable headers({{"text", FieldValue::string("a\"b")},
                              {"number", FieldValue::integer(-7)},
                              {"double", {amqp::FieldFloat{1.5}}},
                              {"decimal", {amqp::FieldDecimal{2, 5}}},
                              {"time", {amqp::FieldTimestamp{1'777'896'191}}},
                              {"far", {amqp::FieldTimestamp{UINT64_MAX}}},
                              {"bytes", {amqp::FieldBytes{std::string("\xff", 1)}}},
                              {"odd", FieldValue::string("\xff")},
                              {"list", {amqp::FieldArray{FieldValue::boolean(true), {}}}},
                              {"table", {FieldTable({{"x", FieldValue::integer(1)}})}}});
    const std::string properties = PropertiesBuilder()
                                       .headers(headers.encode())
                                       .delivery_mode(2)
                                       .priority(4)
                                       .timestamp(1'777'896'191)
                                       .text(Property::message_id, "m-1")
                                       .encode();
    const std::string json = Shown("x", properties).json();
    EXPECT_THAT(json,
                HasSubstr(R"("properties":{"message_id":"m-1","delivery_mode":2,"priority":4,)"
                          R"("timestamp":"2026-05-04T12:03:11.000Z"})"));
    EXPECT_THAT(
        json,
        HasSubstr(
            R"("headers":{"text":"a\"b","number":-7,"double":1.5,"decimal":"0.05",)"
            R"("time":"2026-05-04T12:03:11.000Z","far":"@18446744073709551615","bytes":{"b64":"/w=="},)"
            R"("odd":{"b64":"/w=="},"list":[true,null],"table":{"x":1}})"));
    EXPECT_TRUE(compact_json(json));
}

TEST(MessageJson, PropertiesThatDoNotHoldTogetherAreShownAsTheyAre) {
    const std::string json = Shown("x", "\xff\xff\xff").json();
    EXPECT_THAT(json, HasSubstr(R"("properties_b64":"////")"));
    EXPECT_THAT(json, Not(HasSubstr("headers")));
    EXPECT_TRUE(compact_json(json));
}

TEST(MessageText, NothingInAMessageReachesTheTerminalAsACommand) {
    const FieldTable headers({{"h\x1b[31m", FieldValue::string("v\x1b[0m")}});
    const Shown hostile("a\x1b]0;title\x07\nb",
                        PropertiesBuilder().headers(headers.encode()).encode());
    EXPECT_THAT(hostile.row(), Not(HasSubstr("\x1b")));
    EXPECT_THAT(hostile.row(), HasSubstr("a\\x1b]0;title\\x07\\nb"));
    EXPECT_THAT(hostile.details(), Not(HasSubstr("\x1b")));
}

TEST(MessageText, DetailsShowTheBodyLineByLine) {
    EXPECT_THAT(Shown("one\ntwo\n").details(), HasSubstr("  body\n    one\n    two\n\n"));
    EXPECT_THAT(Shown("x").details(), HasSubstr("orders  918205  delivered 2x  "));
}

}  // namespace
}  // namespace varve
