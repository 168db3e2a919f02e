// What a run has attempted, what the broker has confirmed, and what came out again.
#pragma once

#include "tools/load/options.h"
#include "tools/load/sequence_set.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace varve::load {

// What must be equal between the run that publishes and the one that checks.
struct LedgerShape {
    uint16_t run = 0;
    uint32_t publishers = 1;
    uint32_t queues = 1;
    ExchangeMode exchange = ExchangeMode::direct;
    bool operator==(const LedgerShape&) const = default;
};

// The account of one publisher.
struct PublisherAccount {
    // Sequence numbers below this may be at the broker. Counted before anything is sent: a message
    // that was on its way when the broker died may have been taken. Written by the publishing
    // thread, read by the consuming one.
    std::atomic<uint64_t> attempted{0};
    SequenceSet confirmed;              // the broker answers for these; publishing thread
    std::vector<SequenceSet> received;  // one for each copy that a message has; consuming thread
};

// All accounts of a run.
//
// Threading: the publishing thread writes attempted and confirmed, the consuming thread received.
// Whoever wants the
//            other's part joins that thread first; only `attempted` may be read at any time.
class Ledger {
public:
    explicit Ledger(const LedgerShape& shape);
    // For checking without knowing what was published: every publisher and sequence number is taken
    // for attempted.
    static std::unique_ptr<Ledger> of_unknown_publisher(uint32_t queues, ExchangeMode exchange);

    // `not_found` if there is no such file, `corrupt` if it is not a ledger.
    static Result<std::unique_ptr<Ledger>> load(const std::string& path);
    Result<void> save(const std::string& path) const;

    const LedgerShape& shape() const { return shape_; }
    bool knows_publishers() const { return knows_publishers_; }
    uint32_t copies() const { return shape_.exchange == ExchangeMode::fanout ? shape_.queues : 1; }
    size_t publisher_count() const { return accounts_.size(); }
    PublisherAccount& account(size_t publisher) { return *accounts_[publisher]; }
    const PublisherAccount& account(size_t publisher) const { return *accounts_[publisher]; }
    // Creates accounts up to that one; only with unknown publishers.
    PublisherAccount& account_of_stranger(uint16_t publisher);

    uint64_t attempted() const;
    uint64_t confirmed() const;
    uint64_t received() const;

    // Confirmed, but not received: lost, once nothing is on its way any more. Counts copies.
    struct Missing {
        uint64_t count = 0;
        std::string first;  // for people
    };
    Missing missing() const;

private:
    void add_account();

    LedgerShape shape_;
    bool knows_publishers_ = true;
    std::vector<std::unique_ptr<PublisherAccount>> accounts_;
};

}  // namespace varve::load
