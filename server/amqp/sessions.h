// All AMQP connections of one shard, and what they share: buffers, the clock's tick, the end.
#pragma once

#include "server/amqp/options.h"
#include "server/async/shard.h"
#include "server/broker/broker_shard.h"
#include "server/broker/login_rules.h"
#include "server/broker/session_directory.h"
#include "server/broker/session_limits.h"
#include "server/diag/diag.h"
#include "server/net/stream.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace varve::amqp {

class Connection;

// Everything outlives the sessions.
struct SessionEnvironment {
    Shard& shard;
    BrokerShard& broker;
    const AmqpOptions& options;
    Diag& diag;
    Clock& clock;
    Rng& rng;
    SessionLimits& limits;
    const LoginRules& login_rules;
};

// Threading: Shard-bound, but for construction and destruction, while the shard's thread does not
// run.
class Sessions {
public:
    explicit Sessions(const SessionEnvironment& environment);
    ~Sessions();

    // Takes over a connected socket; serves it until it ends.
    void accept(Stream stream);

    // Closes every connection with 320, and calls `handler` once, when the last one has ended: at
    // most a few seconds later, as slow clients are cut off.
    void stop(std::function<void()> handler);

    // ---- for the control door: SessionDirectory says what they answer
    std::vector<SessionId> ids() const;
    std::vector<ConnectionListing> list(const std::vector<SessionId>& ids) const;
    bool close(SessionId id, const std::string& reason);

    // ---- for connections
    const SessionEnvironment& environment() const { return environment_; }
    std::chrono::nanoseconds now() const { return environment_.clock.monotonic(); }
    // Shared by all: valid until the caller returns to the event loop.
    std::span<char> read_buffer() { return read_buffer_; }
    // Writes the connection's outbox out at the end of this turn.
    void flush_at_turn_end(Connection& connection);
    // The connection has ended; it may be destroyed as soon as its caller returns.
    void remove(SessionId id);

private:
    void arm_tick();
    void tick();
    void flush_all();

    SessionEnvironment environment_;
    std::vector<char> read_buffer_;
    // Shared with the operations in flight, which end independently of the connection's place here.
    std::unordered_map<SessionId, std::shared_ptr<Connection>> connections_;
    std::vector<std::shared_ptr<Connection>> to_flush_;
    std::vector<std::shared_ptr<Connection>> flushing_;
    boost::asio::steady_timer tick_timer_;
    bool ticking_ = false;
    bool stopping_ = false;
    std::shared_ptr<void> flow_subscription_;
    std::shared_ptr<void> accounts_subscription_;
    std::function<void()> on_stopped_;
    uint64_t next_session_ = 1;
};

}  // namespace varve::amqp
