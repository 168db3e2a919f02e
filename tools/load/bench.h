// One run of the load generator, from the first connection to the verdict.
#pragma once

#include "tools/load/checker.h"
#include "tools/load/histogram.h"
#include "tools/load/options.h"

#include <string_view>
#include <vector>

namespace varve::load {

struct Throughput {
    uint64_t count = 0;  // messages after the warm-up
    double seconds = 0;  // from the end of the warm-up to the last of them
    double per_second() const { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }
};

struct Second {
    uint64_t published = 0;
    uint64_t delivered = 0;
};

struct Report {
    Throughput published;
    Throughput delivered;
    Histogram confirm_latency;  // ns
    Histogram deliver_latency;  // ns
    std::vector<Second> seconds;
    double cpu_cores = 0;  // what the load generator itself has used

    uint64_t attempted = 0;
    uint64_t confirmed = 0;  // or, without confirms, taken by the broker
    uint64_t received = 0;
    uint64_t refused = 0;      // basic.nack
    uint64_t unconfirmed = 0;  // neither confirmed nor refused when the run ended
    uint64_t redelivered = 0;  // came again, with the flag: allowed
    uint64_t reconnects = 0;
    uint64_t blocked = 0;        // connection.blocked
    bool drain_cut_off = false;  // messages were still coming when the drain time was over
    Findings findings;

    bool passed() const { return findings.count() == 0 && unconfirmed == 0; }
};

// What an error begins with when the broker was there at first: the address was right.
constexpr std::string_view kBrokerWentAway = "the broker went away in the middle of the run: ";

// Runs to the end, or until SIGINT or SIGTERM stop the publishing. Prints nothing.
// `closed`: the broker cannot be reached or is gone; `access_refused`; `precondition`, `not_found`
// as the broker says; `invalid_argument`: the ledger belongs to a run with other settings.
Result<Report> run_bench(const Options& options);

}  // namespace varve::load
