#include "server/broker/delay.h"

#include "engine/base/check.h"
#include "server/broker/argument_check.h"
#include "server/broker/definitions.h"
#include "server/message/field_table.h"
#include "server/message/properties.h"

#include <algorithm>
#include <limits>

namespace varve {

namespace {
constexpr std::string_view kHeader = "x-delay";

constexpr int64_t kBase = 32;
constexpr int64_t kDigits = 8;
constexpr int64_t kStagesOfADigit = kBase - 1;  // nothing waits for a digit 0
static_assert(kDigits * kStagesOfADigit == kDelayLevelMax + 1);
static_assert(kTimeLimitMax < int64_t{1} << (5 * kDigits), "ten years have eight digits");
}  // namespace

std::string delay_queue_name(std::string_view exchange) {
    return std::string(kDelayQueuePrefix) + std::string(exchange);
}

bool is_delay_queue(std::string_view name) { return name.starts_with(kDelayQueuePrefix); }

std::string_view exchange_of_delay_queue(std::string_view name) {
    return name.substr(kDelayQueuePrefix.size());
}

std::chrono::milliseconds delay_of(ByteView headers) {
    const auto field = amqp::find_field(headers, kHeader);
    if (!field) return {};
    const auto value = amqp::FieldValue::decode(*field);
    const int64_t ms = value ? value->as_integer().value_or(0) : 0;
    return std::chrono::milliseconds(std::clamp<int64_t>(ms, 0, kTimeLimitMax));
}

DelayStage delay_stage(std::chrono::milliseconds left) {
    VARVE_CHECK(left.count() > 0 && left.count() <= kTimeLimitMax);
    int64_t position = 0;
    int64_t unit = 1;
    while (left.count() >= unit * kBase) {
        unit *= kBase;
        ++position;
    }
    const int64_t digit = left.count() / unit;
    return {static_cast<Level>(position * kStagesOfADigit + digit - 1),
            std::chrono::milliseconds(digit * unit)};
}

std::optional<TimePoint> last_moment(const RecordView& record, TimePoint now) {
    const auto properties = amqp::Properties::parse(record.properties);
    if (!properties) return std::nullopt;  // cannot be: it was read when it was published
    const TimePoint due = record.appended + delay_of(properties->headers());
    if (due <= now || due - now >= std::chrono::milliseconds(kBase)) return std::nullopt;
    return due;
}

std::string with_delay_over(ByteView properties) {
    const auto parsed = must(amqp::Properties::parse(properties));
    auto headers = must(amqp::FieldTable::decode(parsed.headers()));
    const int64_t ms = headers.integer(kHeader).value_or(0);
    // 32 bits where they do: pika reads 64 of them without a sign.
    const bool is_short = ms <= std::numeric_limits<int32_t>::max();
    headers.set(kHeader, {amqp::FieldInteger{-ms, is_short ? 'I' : 'l'}});
    return amqp::PropertiesBuilder(parsed).headers(headers.encode()).encode();
}

}  // namespace varve
