// The broker of one process: its shards' doors, the engine below, recovery of the topology at
// start.
#pragma once

#include "engine/base/result.h"
#include "engine/engine.h"
#include "server/async/shard.h"
#include "server/auth/authenticator.h"
#include "server/broker/broker_shard.h"
#include "server/broker/inventory.h"
#include "server/broker/login_rules.h"
#include "server/broker/policies.h"
#include "server/broker/session_limits.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace varve {

struct BrokerOptions {
    Bytes message_size_max = 16_MiB;  // hard limit 128 MiB
    RetentionPolicy retention;        // of queues that do not say otherwise
    // Handed to the journal and not durable: beyond, publishers are held.
    Bytes in_flight_max = 64_MiB;
    // Held in memory for transient messages, over all queues: beyond, publishers are held.
    Bytes transient_max = 256_MiB;
    uint32_t reader_threads = 2;  // read from the disk for consumers of a long backlog
    // Deadlines are looked at this often at least, though their time has not come: for tests that
    // move the clock.
    std::chrono::milliseconds timer_check_max{1000};
    // A queue goes to the shard of its first consumer, at most once in this time; none: never.
    std::optional<std::chrono::milliseconds> queue_move_interval{1000};
    LoginRuleSet login;
    AuthenticatorOptions authenticator;
    Rng* rng = &system_rng();
};

// What start found in the data directory.
struct BrokerRecovery {
    uint64_t vhosts = 0;
    uint64_t exchanges = 0;
    uint64_t queues = 0;
    uint64_t ready_messages = 0;
    uint64_t redelivered_messages = 0;
};

// Threading: construct, start and stop from one thread, none of the shards; at() is Thread-safe,
// its result Shard-bound.
class Broker {
public:
    // Rebuilds the topology and the queues from the engine. Before the shards' threads run.
    static Result<std::unique_ptr<Broker>> start(Engine& engine,
                                                 ShardSet& shards,
                                                 Clock& clock,
                                                 const BrokerOptions& options);
    ~Broker();

    BrokerShard& at(ShardIndex index);
    const BrokerRecovery& recovery() const;

    // ---- for the control door: Thread-safe
    Inventory& inventory();
    SessionLimits& limits();
    LoginRules& login_rules();
    Policies& policies();  // itself Shard-bound to shard 0
    AlarmState alarms() const;
    void set_alarm(Alarm alarm, bool raised);

    // Stops deliveries and waits until everything accepted is durable. Sessions have ended before.
    // Called before the shards stop.
    void stop();

private:
    struct Impl;
    explicit Broker(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace varve
