#include "server/amqp/reply_code.h"

#include <utility>

namespace varve::amqp {

namespace {

ReplyCode code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found:
            return ReplyCode::not_found;
        case ErrorCode::access_refused:
            return ReplyCode::access_refused;
        case ErrorCode::resource_locked:
            return ReplyCode::resource_locked;
        case ErrorCode::invalid_argument:
        case ErrorCode::already_exists:
        case ErrorCode::precondition:
            return ReplyCode::precondition_failed;
        case ErrorCode::not_implemented:
            return ReplyCode::not_implemented;
        case ErrorCode::no_space:
        case ErrorCode::busy:
            return ReplyCode::resource_error;
        case ErrorCode::closed:
            return ReplyCode::connection_forced;
        case ErrorCode::io:
        case ErrorCode::corrupt:
        case ErrorCode::newer_format:
            return ReplyCode::internal_error;
    }
    return ReplyCode::internal_error;
}

}  // namespace

std::string_view name_of(ReplyCode code) {
    switch (code) {
        case ReplyCode::no_route:
            return "NO_ROUTE";
        case ReplyCode::connection_forced:
            return "CONNECTION_FORCED";
        case ReplyCode::access_refused:
            return "ACCESS_REFUSED";
        case ReplyCode::not_found:
            return "NOT_FOUND";
        case ReplyCode::resource_locked:
            return "RESOURCE_LOCKED";
        case ReplyCode::precondition_failed:
            return "PRECONDITION_FAILED";
        case ReplyCode::frame_error:
            return "FRAME_ERROR";
        case ReplyCode::syntax_error:
            return "SYNTAX_ERROR";
        case ReplyCode::command_invalid:
            return "COMMAND_INVALID";
        case ReplyCode::channel_error:
            return "CHANNEL_ERROR";
        case ReplyCode::unexpected_frame:
            return "UNEXPECTED_FRAME";
        case ReplyCode::resource_error:
            return "RESOURCE_ERROR";
        case ReplyCode::not_allowed:
            return "NOT_ALLOWED";
        case ReplyCode::not_implemented:
            return "NOT_IMPLEMENTED";
        case ReplyCode::internal_error:
            return "INTERNAL_ERROR";
    }
    return "INTERNAL_ERROR";
}

CloseScope scope_of(ReplyCode code) {
    switch (code) {
        case ReplyCode::no_route:
        case ReplyCode::access_refused:
        case ReplyCode::not_found:
        case ReplyCode::resource_locked:
        case ReplyCode::precondition_failed:
            return CloseScope::channel;
        default:
            return CloseScope::connection;
    }
}

Refusal refusal_of(Error error) { return {code_of(error.code), std::move(error.detail)}; }

Outcome outcome_of(Result<void> result) {
    if (result) return std::nullopt;
    return refusal_of(std::move(result).error());
}

std::string reply_text(const Refusal& refusal) {
    return std::string(name_of(refusal.code)).append(" - ").append(refusal.detail);
}

}  // namespace varve::amqp
