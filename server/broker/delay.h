// Delayed messages: how long one waits, and the queue in which it does (decision 0006).
#pragma once

#include "engine/record_batch.h"
#include "server/broker/names.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// Each delayed exchange has a queue of this name for what is not due yet. No client can declare it.
std::string delay_queue_name(std::string_view exchange);
bool is_delay_queue(std::string_view name);
std::string_view exchange_of_delay_queue(std::string_view name);

// The message's header x-delay, up to ten years: more is cut off. 0: it is not there, negative, or
// no integer. `headers` is a valid encoded table.
std::chrono::milliseconds delay_of(ByteView headers);

// A part of the wait. All messages of a level wait equally long in it, so that its queue is in the
// order of their time: the head is always the next one.
struct DelayStage {
    Level level = 0;
    std::chrono::milliseconds length{0};
    bool operator==(const DelayStage&) const = default;
};
constexpr Level kDelayLevelMax = 247;

// The next stage of a message that has so long to wait: 1 ms up to ten years. What is left after it
// is shorter by a digit to the base of 32, so that there are at most eight stages.
DelayStage delay_stage(std::chrono::milliseconds left);

// When the message is due, at the end of a stage, if it has to wait for less than 32 ms more: not
// worth another stage, which would cost a write and might not be durable before it is over.
std::optional<TimePoint> last_moment(const RecordView& record, TimePoint now);

// The property list without the delay: x-delay is negative, as a sign that it was one.
std::string with_delay_over(ByteView properties);

}  // namespace varve
