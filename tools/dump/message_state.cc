#include "tools/dump/message_state.h"

#include "engine/transaction.h"

#include <algorithm>

namespace varve {
namespace {

MessageState state_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::acked:
            return MessageState::acked;
        case Outcome::rejected:
            return MessageState::rejected;
        case Outcome::expired:
            return MessageState::expired;
        case Outcome::dropped:
            return MessageState::dropped;
        case Outcome::purged:
            return MessageState::purged;
        case Outcome::moved:
            return MessageState::moved;
    }
    return MessageState::acked;
}

}  // namespace

std::string_view to_string(MessageState state) {
    switch (state) {
        case MessageState::ready:
            return "ready";
        case MessageState::delivered:
            return "delivered";
        case MessageState::acked:
            return "acked";
        case MessageState::rejected:
            return "rejected";
        case MessageState::expired:
            return "expired";
        case MessageState::dropped:
            return "dropped";
        case MessageState::purged:
            return "purged";
        case MessageState::moved:
            return "moved";
        case MessageState::kept:
            return "kept";
    }
    return "unknown";
}

MessageStates::MessageStates(const Log& log)
    : log_(log), range_(log.range()), queue_(log.cursor(kQueueCursor)) {}

MessageState MessageStates::at(Offset offset) const {
    if (is_stream()) return MessageState::kept;
    if (const auto outcome = log_.outcome(offset)) return state_of(*outcome);
    return queue_ && offset < queue_->delivered_below ? MessageState::delivered
                                                      : MessageState::ready;
}

uint32_t MessageStates::returns(Offset offset) const {
    if (!queue_) return 0;
    const auto at = queue_->returned.find(offset);
    return at == queue_->returned.end() ? 0 : at->second;
}

bool MessageStates::is_stream() const { return queue_ && queue_->settled.floor() == kNever; }

MessageStates::Counts MessageStates::counts_in(OffsetRange range) const {
    Counts counts;
    if (is_stream()) {
        counts.kept = range.count();
        return counts;
    }
    if (!queue_) return counts;
    counts.settled = range.count();
    queue_->settled.for_each_unsettled(range, [&](OffsetRange run) {
        const Offset line = std::clamp(queue_->delivered_below, run.begin, run.end);
        counts.delivered += line - run.begin;
        counts.ready += run.end - line;
        counts.settled -= run.count();
    });
    return counts;
}

}  // namespace varve
