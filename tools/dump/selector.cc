#include "tools/dump/selector.h"

#include "tools/dump/field_json.h"
#include "tools/text/glob.h"
#include "tools/text/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace varve {
namespace {

std::optional<int64_t> number_of(std::string_view text) {
    int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || at != end || value < 0) return std::nullopt;
    return value;
}

bool matches_unless_empty(const std::string& pattern, ByteView name) {
    return pattern.empty() || glob_matches(pattern, name);
}

Error named(std::string_view option, const Error& error) {
    return {error.code, fmt::format("{}: {}", option, error.detail)};
}

Result<std::optional<TimePoint>> parse_limit(std::string_view option,
                                             std::string_view text,
                                             TimePoint now) {
    if (text.empty()) return std::optional<TimePoint>();
    const auto time = parse_time(text, now);
    if (!time) return named(option, time.error());
    return std::optional(*time);
}

// One word of --state: bits of the states it stands for; none if it is unknown.
std::optional<uint32_t> state_bits(std::string_view word) {
    const auto bit = [](MessageState state) { return 1u << static_cast<unsigned>(state); };
    const uint32_t unsettled = bit(MessageState::ready) | bit(MessageState::delivered);
    if (word == "unsettled") return unsettled;
    if (word == "unacked") return bit(MessageState::delivered);
    if (word == "dead") {
        return bit(MessageState::rejected) | bit(MessageState::expired) |
               bit(MessageState::dropped) | bit(MessageState::moved);
    }
    if (word == "settled") {
        uint32_t bits = 0;
        for (const MessageState state : kMessageStates) bits |= bit(state);
        return bits & ~unsettled & ~bit(MessageState::kept);
    }
    for (const MessageState state : kMessageStates) {
        if (word == to_string(state)) return bit(state);
    }
    return std::nullopt;
}

}  // namespace

OffsetRange OffsetSelection::within(OffsetRange available) const {
    OffsetRange range = available;
    if (last) range.begin = std::max(range.begin, available.end + -*last);
    if (begin) range.begin = std::max(range.begin, *begin);
    if (end) range.end = std::min(range.end, *end);
    range.end = std::max(range.begin, range.end);
    return range;
}

Result<OffsetSelection> parse_offsets(std::string_view text) {
    const Error refusal{
        ErrorCode::invalid_argument,
        fmt::format("'{}' is no range of offsets; write A..B, A.., ..B, A or -N.. (the last N)",
                    text)};
    OffsetSelection selection;
    const size_t dots = text.find("..");
    if (dots == std::string_view::npos) {
        const auto offset = number_of(text);
        if (!offset || *offset == INT64_MAX) return refusal;
        selection.begin = Offset{*offset};
        selection.end = Offset{*offset + 1};
        return selection;
    }
    const std::string_view first = text.substr(0, dots);
    const std::string_view second = text.substr(dots + 2);
    if (first.starts_with('-')) {
        selection.last = number_of(first.substr(1));
        if (!selection.last || !second.empty()) return refusal;
        return selection;
    }
    if (first.empty() && second.empty()) return refusal;
    const auto begin = number_of(first);
    const auto end = number_of(second);
    if ((!first.empty() && !begin) || (!second.empty() && !end)) return refusal;
    if (begin) selection.begin = Offset{*begin};
    if (end) selection.end = Offset{*end};
    if (begin && end && *end <= *begin) {
        return Error{
            ErrorCode::invalid_argument,
            fmt::format(
                "'{}' is empty: the second offset is not in the range, and has to be larger",
                text)};
    }
    return selection;
}

Result<StateSelection> StateSelection::parse(std::string_view text) {
    StateSelection selection;
    selection.bits_ = 0;
    while (true) {
        const size_t comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        const auto bits = state_bits(word);
        if (!bits) {
            return Error{
                ErrorCode::invalid_argument,
                fmt::format(
                    "'{}' is no state; there are ready, delivered, acked, rejected, "
                    "expired, dropped, "
                    "purged, moved, kept, and for several of them unsettled, settled and dead",
                    word)};
        }
        selection.bits_ |= *bits;
        if (comma == std::string_view::npos) return selection;
        text.remove_prefix(comma + 1);
    }
}

bool HeaderPattern::matches(const amqp::FieldTable& headers) const {
    const amqp::FieldValue* const found = headers.find(name);
    if (found == nullptr || !value) return found != nullptr;
    if (const auto text = found->as_string()) return glob_matches(*value, *text);
    std::string json;
    JsonWriter writer(json);
    write_json(writer, *found);
    return glob_matches(*value, json);
}

Result<Selector> Selector::parse(const SelectorText& text, TimePoint now) {
    Selector selector;
    selector.text_ = text;
    if (!text.offsets.empty()) {
        const auto offsets = parse_offsets(text.offsets);
        if (!offsets) return named("--offset", offsets.error());
        selector.offsets_ = *offsets;
    }
    VARVE_TRY(selector.since_, parse_limit("--since", text.since, now));
    VARVE_TRY(selector.until_, parse_limit("--until", text.until, now));
    if (selector.since_ && selector.until_ && *selector.until_ <= *selector.since_)
        return Error{ErrorCode::invalid_argument,
                     "--until is not later than --since: nothing can match"};
    if (!text.states.empty()) {
        const auto states = StateSelection::parse(text.states);
        if (!states) return named("--state", states.error());
        selector.states_ = *states;
    }
    for (const std::string& header : text.headers) {
        const size_t equals = header.find('=');
        if (equals == 0 || header.empty())
            return Error{ErrorCode::invalid_argument, "--header: write NAME or NAME=PATTERN"};
        HeaderPattern pattern{.name = header.substr(0, equals)};
        if (equals != std::string::npos) pattern.value = header.substr(equals + 1);
        selector.headers_.push_back(std::move(pattern));
    }
    if (!text.grep.empty()) {
        auto grep = SearchPattern::compile(text.grep);
        if (!grep) return named("--grep", grep.error());
        selector.grep_ = std::move(*grep);
    }
    return selector;
}

bool Selector::wants(const NamedLog& log) const {
    if (!text_.vhost.empty() && (log.queue.empty() || !glob_matches(text_.vhost, log.vhost)))
        return false;
    if (text_.queue.empty()) return true;
    return glob_matches(text_.queue, log.title()) ||
           (!log.queue.empty() && glob_matches(text_.queue, log.queue));
}

bool Selector::may_want(const StoredMessage& message) const {
    const TimePoint time = message.record.appended;
    return (!since_ || time >= *since_) && (!until_ || time < *until_) &&
           states_.contains(message.state) &&
           matches_unless_empty(text_.exchange, message.record.exchange) &&
           matches_unless_empty(text_.routing_key, message.record.routing_key);
}

bool Selector::wants(const StoredMessage& message) const {
    if (!text_.task.empty() && !(message.task && glob_matches(text_.task, message.task->name)))
        return false;
    if (!text_.task_id.empty() && !(message.task && message.task->id == text_.task_id))
        return false;
    const bool has_headers = std::ranges::all_of(
        headers_, [&](const HeaderPattern& pattern) { return pattern.matches(message.headers); });
    if (!has_headers || !grep_) return has_headers;
    return grep_->found_in(message.record.body) ||
           (message.task &&
            (grep_->found_in(message.task->args) || grep_->found_in(message.task->kwargs)));
}

}  // namespace varve
