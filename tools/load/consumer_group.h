// The consuming thread: all consumers of a run and their connections.
#pragma once

#include "tools/load/consumer.h"
#include "tools/load/poller.h"

#include <vector>

namespace varve::load {

// Threading: run() is the thread; the rest is called before it starts or after it has ended.
class ConsumerGroup {
public:
    ConsumerGroup(const Options& options, Ledger& ledger, RunState& state);

    // Connects every consumer and subscribes it. Every queue has one at least; with more consumers
    // than queues they share.
    Result<void> connect();
    // Consumes until publishing is done and everything that was confirmed has come, or
    // RunState::drain_end_ns.
    Result<void> run(const Schedule& schedule);

    const ConsumeContext& results() const { return context_; }
    uint64_t reconnects() const { return reconnects_; }

private:
    struct Connection {
        Consumer consumer;
        bool wants_room = false;
        int64_t retry_ns = 0;  // when there is no client
    };

    Result<void> connect(size_t index);
    Result<void> turn(size_t index, bool input);
    Result<void> lose(size_t index, Error error);
    bool finished(int64_t now_ns) const;
    void flush_acks(int64_t now_ns);
    Result<void> say_goodbye();

    Ledger& ledger_;
    ConsumeContext context_;
    Poller poller_;
    std::vector<Connection> connections_;
    uint64_t reconnects_ = 0;
    int64_t next_ack_flush_ns_ = 0;
};

}  // namespace varve::load
