// One publishing connection: writes messages as fast as it may, and follows their confirms.
#pragma once

#include "tools/load/client.h"
#include "tools/load/histogram.h"
#include "tools/load/ledger.h"
#include "tools/load/run_state.h"
#include "tools/load/stamp.h"

#include <memory>
#include <vector>

namespace varve::load {

// What all publishers of a thread share.
struct PublishContext {
    const Options& options;
    Ledger& ledger;
    RunState& state;
    Pattern pattern;
    Schedule schedule;
    Meter published;
    Histogram confirm_latency;  // ns from the intended time of sending to the confirm
    uint64_t refused = 0;       // basic.nack
    uint64_t blocked = 0;       // times the broker said connection.blocked
};

// Numbers its messages from where the ledger stands. Outlives its connections. Caller-serialised.
class Publisher {
public:
    Publisher(uint16_t number, PublishContext& context);

    // Goes on over this connection; waits for the answers. What was not confirmed on the last one
    // never will be.
    Result<void> attach(std::unique_ptr<Client> client);
    void detach();
    Client* client() const { return client_.get(); }

    // Writes what is due and may be sent to the client's outbox.
    void fill(int64_t now_ns);
    // Takes confirms off what the client has read.
    Result<void> take_frames();

    // Nothing more to publish: the count is reached, the time is over, or the run was stopped.
    bool done(int64_t now_ns) const;
    size_t unconfirmed() const { return unconfirmed_; }
    // Messages of this run.
    uint64_t published() const { return published_; }
    // When the next message is to be sent; with no rate, at once.
    int64_t next_due_ns() const;
    // Whether fill() would publish something now.
    bool is_ready(int64_t now_ns) const;

private:
    struct Outstanding {
        uint64_t sequence = 0;
        int64_t sent_ns = 0;
        bool settled = false;
    };
    enum class Verdict : uint8_t { confirmed, refused };

    bool may_publish() const;
    void publish(int64_t sent_ns);
    void append_body(const Stamp& stamp);
    Result<void> take_method(ByteView payload);
    void settle_up_to(uint64_t tag, bool multiple, Verdict verdict);
    void settle(Outstanding& outstanding, Verdict verdict);
    void prepare_heads();
    Outstanding& at_tag(uint64_t tag) { return ring_[tag & (ring_.size() - 1)]; }

    uint16_t number_;
    PublishContext& context_;
    PublisherAccount& account_;
    std::unique_ptr<Client> client_;
    std::vector<std::string>
        heads_;               // method and header frames, by queue: all that comes before a body
    uint64_t published_ = 0;  // in this run; the account may count earlier ones
    uint64_t count_max_;

    // Confirms of this connection, by delivery tag. Tags from first_ to next_ are in the ring;
    // those settled out of turn stay there until all before them are. Its size is a power of two.
    std::vector<Outstanding> ring_;
    uint64_t first_tag_ = 1;
    uint64_t next_tag_ = 1;
    size_t unconfirmed_ = 0;
    int64_t now_ns_ = 0;  // read once for each turn: a clock costs as much as a small message
};

}  // namespace varve::load
