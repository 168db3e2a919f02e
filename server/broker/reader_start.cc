#include "server/broker/reader_start.h"

#include "server/broker/argument_check.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace varve {

namespace {

using Kind = ReaderStart::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 3> kWords{
    {{"first", Kind::first}, {"last", Kind::last}, {"next", Kind::next}}};

Error invalid() {
    return {
        ErrorCode::precondition,
        "invalid arg 'x-stream-offset': expected first, last, next, an offset, a negative number "
        "of messages, a timestamp or an interval such as 1h"};
}

Result<ReaderStart> parse_text(std::string_view text) {
    for (const auto& [word, kind] : kWords) {
        if (text == word) return ReaderStart{.kind = kind};
    }
    const auto age = parse_age(text);
    if (!age) return invalid();
    return ReaderStart{.kind = Kind::ago, .age = *age};
}

}  // namespace

Result<ReaderStart> parse_reader_start(const amqp::FieldValue& value) {
    if (const auto text = value.as_string()) return parse_text(*text);
    if (const auto* timestamp = std::get_if<amqp::FieldTimestamp>(&value.value)) {
        constexpr uint64_t kSecondsMax = std::numeric_limits<int64_t>::max() / 1000;
        const uint64_t seconds = std::min(timestamp->seconds, kSecondsMax);
        return ReaderStart{.kind = Kind::time, .time = {static_cast<int64_t>(seconds) * 1000}};
    }
    const auto number = value.as_integer();
    if (!number) return invalid();
    constexpr int64_t kNumberMax = std::numeric_limits<int64_t>::max();
    if (*number < 0)
        return ReaderStart{.kind = Kind::newest, .number = -std::max(*number, -kNumberMax)};
    return ReaderStart{.kind = Kind::offset, .number = *number};
}

Result<Offset> begin_of(const ReaderStart& start, const Log& log, TimePoint now) {
    const auto [begin, end] = log.range();
    const auto newest = [begin = begin,
                         end = end](int64_t count) {  // bindings: not yet in clang 14
        return count >= end.value - begin.value ? begin : Offset{end.value - count};
    };
    switch (start.kind) {
        case Kind::first:
            return begin;
        case Kind::last:
            return newest(1);
        case Kind::next:
            return end;
        case Kind::offset:
            return std::clamp(Offset{start.number}, begin, end);
        case Kind::newest:
            return newest(start.number);
        case Kind::time:
            return log.find(start.time);
        case Kind::ago:
            return log.find(now + -start.age);
    }
    return begin;
}

}  // namespace varve
