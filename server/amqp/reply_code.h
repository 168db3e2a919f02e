// AMQP's reply codes: the one table from errors to what a client is told, and whether channel or
// connection closes.
#pragma once

#include "engine/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace varve::amqp {

enum class ReplyCode : uint16_t {
    no_route = 312,
    connection_forced = 320,
    access_refused = 403,
    not_found = 404,
    resource_locked = 405,
    precondition_failed = 406,
    frame_error = 501,
    syntax_error = 502,
    command_invalid = 503,
    channel_error = 504,
    unexpected_frame = 505,
    resource_error = 506,
    not_allowed = 530,
    not_implemented = 540,
    internal_error = 541,
};

enum class CloseScope : uint8_t { channel, connection };

// Why a method is refused. The detail is for people, but clients and their tests match it:
// RabbitMQ's words.
struct Refusal {
    ReplyCode code = ReplyCode::internal_error;
    std::string detail;
};

// What became of a method: nothing to complain about, or a refusal.
using Outcome = std::optional<Refusal>;

std::string_view name_of(ReplyCode code);  // "NOT_FOUND"
CloseScope scope_of(ReplyCode code);
Refusal refusal_of(Error error);
Outcome outcome_of(Result<void> result);
// "NOT_FOUND - no queue 'q' in vhost '/'". What exceeds 255 bytes is cut off where it is encoded.
std::string reply_text(const Refusal& refusal);

}  // namespace varve::amqp
