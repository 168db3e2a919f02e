#include "server/auth/sasl.h"

#include "server/message/field_table.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using namespace std::string_view_literals;

TEST(Sasl, PlainNamesUserAndPassword) {
    const auto credentials = must(parse_sasl("PLAIN", "\0guest\0se\0cret"sv));

    EXPECT_EQ(credentials.user, "guest");
    EXPECT_EQ(credentials.password, "se\0cret"sv);
}

TEST(Sasl, PlainIgnoresTheAuthorisationIdentity) {
    EXPECT_EQ(must(parse_sasl("PLAIN", "other\0guest\0secret"sv)).user, "guest");
}

TEST(Sasl, PlainWithoutPasswordIsRefused) {
    EXPECT_EQ(parse_sasl("PLAIN", "\0guest"sv).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(parse_sasl("PLAIN", ""sv).error().code, ErrorCode::invalid_argument);
}

TEST(Sasl, AmqplainNamesUserAndPassword) {
    const std::string response = amqp::FieldTable{{"LOGIN", amqp::FieldValue::string("guest")},
                                                  {"PASSWORD", amqp::FieldValue::string("secret")}}
                                     .encode();

    const auto credentials = must(parse_sasl("AMQPLAIN", response));

    EXPECT_EQ(credentials.user, "guest");
    EXPECT_EQ(credentials.password, "secret");
}

TEST(Sasl, AmqplainThatIsNoTableIsRefused) {
    EXPECT_EQ(parse_sasl("AMQPLAIN", "\0guest\0secret"sv).error().code,
              ErrorCode::invalid_argument);
    EXPECT_EQ(parse_sasl("AMQPLAIN", ""sv).error().code, ErrorCode::invalid_argument);
}

TEST(Sasl, MechanismThatIsNotOfferedIsRefused) {
    EXPECT_EQ(parse_sasl("EXTERNAL", ""sv).error().code, ErrorCode::not_implemented);
}

}  // namespace
}  // namespace varve
