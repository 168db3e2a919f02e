// Where a reader of a queue begins: the argument x-stream-offset of basic.consume.
#pragma once

#include "engine/base/result.h"
#include "engine/log.h"
#include "server/message/field_table.h"

#include <chrono>
#include <cstdint>

namespace varve {

struct ReaderStart {
    enum class Kind : uint8_t {
        first,   // the oldest record that is kept
        last,    // the newest one
        next,    // what comes from now on
        offset,  // `number`, or what is nearest to it
        newest,  // the `number` newest ones
        time,    // what came at `time` or later
        ago,     // what came in the last `age`
    };
    Kind kind = Kind::next;
    int64_t number = 0;
    TimePoint time{};
    std::chrono::milliseconds age{};
    bool operator==(const ReaderStart&) const = default;
};

// `first`, `last`, `next`, an offset (negative: that many of the newest), a timestamp, or an
// interval such as `1h` or `7D`. `precondition` with the text for the client otherwise.
Result<ReaderStart> parse_reader_start(const amqp::FieldValue& value);

// The offset to begin at, within what can be read now. Asks the disk for times; else only the log's
// memory.
Result<Offset> begin_of(const ReaderStart& start, const Log& log, TimePoint now);

}  // namespace varve
