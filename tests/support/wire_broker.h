// A RunningBroker with AMQP sessions on loopback sockets, all in this process: its disk is in
// memory, and its clock moves when the test says so.
#pragma once

#include "server/amqp/sessions.h"
#include "tests/support/brokers.h"
#include "tests/support/file_descriptor.h"

#include <memory>
#include <vector>

namespace varve {

// Threading: used by one thread, which is no shard.
class WireBroker {
public:
    explicit WireBroker(BrokerHome& home);
    // In good order, unless it has ended before.
    ~WireBroker();
    WireBroker(const WireBroker&) = delete;
    WireBroker& operator=(const WireBroker&) = delete;

    // A connected socket, whose other end is served on that shard.
    FileDescriptor connect(ShardIndex shard);
    // Clients are told (320), then everything ends.
    void stop();

    RunningBroker& broker() { return *broker_; }

private:
    void end_sessions();

    BrokerHome& home_;
    amqp::AmqpOptions options_;
    Diag diag_;
    std::unique_ptr<RunningBroker> broker_;
    std::vector<std::unique_ptr<amqp::Sessions>> sessions_;  // one for each shard
    FileDescriptor listener_;
};

}  // namespace varve
