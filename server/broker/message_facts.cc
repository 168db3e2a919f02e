#include "server/broker/message_facts.h"

#include "server/broker/argument_check.h"
#include "server/message/argument_reader.h"
#include "server/message/properties.h"

#include <charconv>

namespace varve {

namespace {

Result<std::chrono::milliseconds> parse_expiration(ByteView text) {
    const auto invalid = [text](const std::string& why) {
        return Error{ErrorCode::precondition,
                     "invalid expiration '" + std::string(text) + "': " + why};
    };
    int64_t ms = 0;
    const char* begin = text.data();
    const char* end = begin + text.size();
    if (begin != end && *begin == '+') ++begin;
    const auto [parsed_end, failure] = std::from_chars(begin, end, ms);
    if (failure == std::errc::result_out_of_range)
        return invalid("{value_too_large," + std::string(text) + "}");
    if (failure != std::errc()) return invalid("no_integer");
    if (parsed_end != end)
        return invalid("{leftover_string,\"" + std::string(parsed_end, end) + "\"}");
    if (ms < 0) return invalid("{value_negative," + std::to_string(ms) + "}");
    if (ms > kTimeLimitMax) return invalid("{value_too_large," + std::to_string(ms) + "}");
    return std::chrono::milliseconds(ms);
}

}  // namespace

Result<MessageFacts> read_facts(ByteView properties) {
    using amqp::Properties;
    using amqp::Property;
    MessageFacts facts;
    amqp::ArgumentReader in(properties);
    const uint16_t flags = in.short_integer();
    const auto has = [flags](Property property) {
        return (flags & Properties::bit(property)) != 0;
    };
    if (has(Property::content_type)) in.short_string();
    if (has(Property::content_encoding)) in.short_string();
    if (has(Property::headers)) facts.headers = in.long_string();
    if (has(Property::delivery_mode)) facts.persistent = in.octet() == amqp::kPersistent;
    if (has(Property::priority)) facts.priority = in.octet();
    if (!has(Property::expiration)) return facts;
    if (has(Property::correlation_id)) in.short_string();
    if (has(Property::reply_to)) in.short_string();
    VARVE_TRY(facts.time_limit, parse_expiration(in.short_string()));
    return facts;
}

}  // namespace varve
