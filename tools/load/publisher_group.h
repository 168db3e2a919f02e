// The publishing thread: all publishers of a run, their connections and their pace.
#pragma once

#include "tools/load/poller.h"
#include "tools/load/publisher.h"

#include <vector>

namespace varve::load {

// Threading: run() is the thread; the rest is called before it starts or after it has ended.
class PublisherGroup {
public:
    PublisherGroup(const Options& options, Ledger& ledger, RunState& state);

    // Connects every publisher.
    Result<void> connect();
    // Publishes until everything is sent and confirmed, or the drain time is over. Afterwards the
    // ledger says what the broker has confirmed; without confirms, everything it has taken before
    // its goodbye.
    Result<void> run(const Schedule& schedule);

    const PublishContext& results() const { return context_; }
    uint64_t reconnects() const { return reconnects_; }
    uint64_t unconfirmed() const;

private:
    struct Connection {
        explicit Connection(uint16_t number, PublishContext& context)
            : publisher(number, context) {}
        Publisher publisher;
        bool wants_room = false;
        int64_t retry_ns = 0;  // when there is no client
    };

    Result<void> connect(size_t index);
    Result<void> turn(size_t index, bool input);
    Result<void> lose(size_t index, Error error);
    bool finished(int64_t now_ns) const;
    int64_t next_wakeup_ns(int64_t now_ns) const;
    Result<void> say_goodbye();

    PublishContext context_;
    Poller poller_;
    std::vector<Connection> connections_;
    uint64_t reconnects_ = 0;
};

}  // namespace varve::load
