// What a run has measured and found, for people and for programs.
#pragma once

#include "tools/load/bench.h"

#include <string>

namespace varve::load {

// Some lines, each with its end.
std::string report_text(const Report& report, const Options& options);

// One JSON object on one line, with its end. Latencies in milliseconds.
std::string report_json(const Report& report, const Options& options);

}  // namespace varve::load
