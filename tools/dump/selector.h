// Which messages are meant: the options that dump (and whatever else picks messages) understands.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "tools/dump/message_state.h"
#include "tools/dump/stored_message.h"
#include "tools/text/search_pattern.h"

#include <optional>
#include <string>
#include <vector>

namespace varve {

// A..B (B is not in it), A.., ..B, A alone, or -N.. for the last N.
struct OffsetSelection {
    std::optional<Offset> begin;
    std::optional<Offset> end;
    std::optional<int64_t> last;

    // What it means for a log that holds `available`.
    OffsetRange within(OffsetRange available) const;
};
Result<OffsetSelection> parse_offsets(std::string_view text);

// A set of states. "unsettled" and "settled" stand for all of theirs, "dead" for what ended without
// being acked or purged, "unacked" for "delivered".
class StateSelection {
public:
    static Result<StateSelection> parse(std::string_view comma_separated);

    bool contains(MessageState state) const {
        return (bits_ >> static_cast<unsigned>(state) & 1u) != 0;
    }

private:
    uint32_t bits_ = ~0u;
};

// k, or k=glob: a header of that name, with a value that matches. Numbers and booleans match as
// JSON prints them.
struct HeaderPattern {
    std::string name;
    std::optional<std::string> value;

    bool matches(const amqp::FieldTable& headers) const;
};

// As typed. Empty texts select everything.
struct SelectorText {
    std::string queue;  // the patterns are globs: tools/text/glob.h
    std::string vhost;
    std::string offsets;
    std::string since;
    std::string until;
    std::string states;
    std::string exchange;
    std::string routing_key;
    std::string task;
    std::string task_id;
    std::string grep;
    std::vector<std::string> headers;
};

// Immutable.
class Selector {
public:
    // `invalid_argument` names the option.
    static Result<Selector> parse(const SelectorText& text, TimePoint now);

    bool wants(const NamedLog& log) const;
    const OffsetSelection& offsets() const { return offsets_; }
    std::optional<TimePoint> since() const { return since_; }

    // Two steps, the cheap one first: without, and with the properties taken apart.
    bool may_want(const StoredMessage& message) const;
    bool wants(const StoredMessage& message) const;

private:
    SelectorText text_;
    OffsetSelection offsets_;
    std::optional<TimePoint> since_;
    std::optional<TimePoint> until_;
    StateSelection states_;
    std::vector<HeaderPattern> headers_;
    std::optional<SearchPattern> grep_;
};

}  // namespace varve
