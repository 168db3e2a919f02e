// The verdict on what comes out of the broker, message by message.
#pragma once

#include "tools/load/ledger.h"
#include "tools/load/stamp.h"

#include <string>
#include <vector>

namespace varve::load {

// One kind of fault: how often, and the first case for people.
struct Finding {
    uint64_t count = 0;
    std::string first;
};

struct Findings {
    Finding lost;          // confirmed, but never received; filled in when the run is over
    Finding duplicate;     // came again without the redelivered flag
    Finding out_of_order;  // came after a later message of the same publisher and queue, to the
                           // same consumer
    Finding damaged;       // stamp or filling is not what was published
    Finding invented;      // nobody has published it
    Finding misrouted;     // in a queue it was not published to
    Finding foreign;       // of another run

    uint64_t count() const;
};

// Judges every delivery of one run. Belongs to the consuming thread.
//
// A message that comes again with redelivered=true is what at-least-once allows: it is counted, not
// a fault, and says nothing about order. All others of one publisher must come to a consumer in the
// order of their numbers.
class Checker {
public:
    Checker(Ledger& ledger, const Options& options) : ledger_(ledger), options_(options) {}

    // One delivery. `stamp` is nullopt if the body is damaged. `subscription` numbers consumer and
    // queue together.
    struct Delivered {
        size_t subscription = 0;
        uint32_t queue = 0;
        bool redelivered = false;
        std::optional<Stamp> stamp;
    };
    // True if it is one of ours that had not come before.
    bool take(const Delivered& delivered);

    const Findings& findings() const { return findings_; }
    // Came again with the flag: allowed.
    uint64_t redelivered() const { return redelivered_; }

private:
    bool is_ours(const Delivered& delivered, const Stamp& stamp);
    void check_order(const Delivered& delivered, const Stamp& stamp);
    void note(Finding& finding, const Delivered& delivered) const;

    Ledger& ledger_;
    const Options& options_;
    Findings findings_;
    uint64_t redelivered_ = 0;
    std::optional<uint16_t> run_;  // with unknown publishers: the first one that came
    std::vector<std::vector<uint64_t>>
        next_in_order_;  // lowest number that may follow; by subscription, publisher
};

}  // namespace varve::load
