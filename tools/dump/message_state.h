// What the files can know about one message: settled and how, or not.
#pragma once

#include "engine/log.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace varve {

// An acknowledgement or a delivery is in the files a moment after it happened; a queue's files are
// never ahead of it.
enum class MessageState : uint8_t {
    // Not settled, and certainly not given to a consumer.
    ready,
    // Not settled, and perhaps given to a consumer: it may be out there now, or back again, or
    // still wait. Where a
    // queue has consumers the broker marks some thousands of offsets ahead of what it delivers.
    delivered,
    // Settled: the outcomes of the queue's own cursor (engine/log.h).
    acked,
    rejected,
    expired,
    dropped,
    purged,
    moved,
    // In a stream: nothing is ever settled there.
    kept,
};
constexpr MessageState kMessageStates[] = {MessageState::ready,
                                           MessageState::delivered,
                                           MessageState::acked,
                                           MessageState::rejected,
                                           MessageState::expired,
                                           MessageState::dropped,
                                           MessageState::purged,
                                           MessageState::moved,
                                           MessageState::kept};
std::string_view to_string(MessageState state);

// The states of the messages of one log, as of the moment it is made.
//
// Immutable. The log outlives it.
class MessageStates {
public:
    explicit MessageStates(const Log& log);

    MessageState at(Offset offset) const;
    // How often it came back from consumers unsettled, as far as that is kept; 0 once it is
    // settled.
    uint32_t returns(Offset offset) const;

    bool is_stream() const;
    struct Counts {
        int64_t ready = 0;
        int64_t delivered = 0;
        int64_t settled = 0;  // readable, but done with
        int64_t kept = 0;
    };
    Counts counts() const { return counts_in(range_); }
    Counts counts_in(OffsetRange range) const;

private:
    const Log& log_;
    OffsetRange range_;
    std::optional<CursorSnapshot> queue_;  // none: the log was deleted a moment ago
};

}  // namespace varve
