// How an event becomes a line. Pure: no clock, no file.
#pragma once

#include "server/diag/diag.h"

#include <span>
#include <string>

namespace varve {

struct DiagEvent {
    TimePoint time;
    DiagLevel level = DiagLevel::info;
    std::string_view name;
    std::span<const DiagField> facts;
    uint64_t suppressed = 0;  // events of this name that were left out before this one
};

// One line with its end. Control characters, and bytes that are not UTF-8, are escaped: what a
// client sends cannot begin a line of its own.
std::string diag_line(const DiagEvent& event, DiagFormat format);

// RFC 3339 with milliseconds, UTC: 2026-03-01T09:30:00.125Z
std::string rfc3339(TimePoint time);

}  // namespace varve
