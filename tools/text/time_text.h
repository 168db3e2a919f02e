// Points in time as people write and read them.
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"

#include <chrono>
#include <string>
#include <string_view>

namespace varve {

// "2026-05-04T12:03:11.490Z": RFC 3339 in UTC, with milliseconds. For programs.
std::string utc_text(TimePoint time);
// "2026-05-04T14:03:11.490+02:00": the same in the zone of $TZ. For people.
std::string local_text(TimePoint time);
// "2026-05-04 14:03:11.490": local_text() for columns, where the zone would only repeat itself.
std::string column_text(TimePoint time);
// utc_text() of an AMQP timestamp: unsigned seconds since 1970, which may be anything.
std::string timestamp_text(uint64_t seconds);

// Reads one of
//   10m, 1h30m, 2d          that long before `now` (units ms s m h d w)
//   14:00, 14:00:05.250     the last time it was that late, in the zone of $TZ
//   2026-05-04, 2026-05-04T14:00, 2026-05-04 14:00:05.25    in the zone of $TZ
//   2026-05-04T12:00:00Z, 2026-05-04T14:00:00.5+02:00       RFC 3339
//   @1777896191.49          seconds since 1970
//   now
// `invalid_argument` says what would be right.
Result<TimePoint> parse_time(std::string_view text, TimePoint now);

// "250ms", "10m", "1h30m". `invalid_argument` for anything else, and beyond 10,000 years.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// "0.21 s", "3.4 s", "12 m", "5 h", "3 d": two significant digits at least, one unit.
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace varve
