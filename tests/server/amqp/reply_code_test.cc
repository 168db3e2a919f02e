#include "server/amqp/reply_code.h"

#include <gtest/gtest.h>

namespace varve::amqp {
namespace {

TEST(ReplyCode, TextIsNameAndExplanation) {
    EXPECT_EQ(reply_text({ReplyCode::not_found, "no queue 'q' in vhost '/'"}),
              "NOT_FOUND - no queue 'q' in vhost '/'");
}

TEST(ReplyCode, WhatTheBrokerRefusesClosesTheChannel) {
    for (const ErrorCode code : {ErrorCode::not_found,
                                 ErrorCode::access_refused,
                                 ErrorCode::resource_locked,
                                 ErrorCode::precondition}) {
        EXPECT_EQ(scope_of(refusal_of({code, ""}).code), CloseScope::channel) << to_string(code);
    }
}

TEST(ReplyCode, ProtocolErrorsAndOurOwnCloseTheConnection) {
    for (const ReplyCode code : {ReplyCode::frame_error,
                                 ReplyCode::unexpected_frame,
                                 ReplyCode::channel_error,
                                 ReplyCode::not_allowed,
                                 ReplyCode::not_implemented,
                                 ReplyCode::internal_error}) {
        EXPECT_EQ(scope_of(code), CloseScope::connection) << name_of(code);
    }
    EXPECT_EQ(refusal_of({ErrorCode::io, ""}).code, ReplyCode::internal_error);
}

}  // namespace
}  // namespace varve::amqp
