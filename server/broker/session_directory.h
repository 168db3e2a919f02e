// The connections of the node, as the control door sees them: whatever protocol they speak.
#pragma once

#include "server/broker/broker_shard.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace varve {

struct ConsumerListing {
    std::string tag;
    QueueAddress queue;
    AckMode ack_mode = AckMode::manual;
    bool exclusive = false;
    int32_t priority = 0;
    uint16_t prefetch = 0;
    std::string arguments;  // encoded field table
};

struct ChannelListing {
    uint16_t number = 0;
    uint16_t prefetch = 0;         // of consumers to come
    uint32_t global_prefetch = 0;  // of all its consumers together; 0: none
    uint64_t unsettled = 0;        // delivered, not acknowledged
    uint64_t unconfirmed = 0;      // published, not confirmed
    bool confirms = false;
    bool transactional = false;
    std::vector<ConsumerListing> consumers;
};

struct ConnectionListing {
    SessionId id = 0;
    ShardIndex shard = 0;
    std::string peer;   // "127.0.0.1:50312"
    std::string local;  // "127.0.0.1:5672"
    std::string user;
    std::string vhost;
    std::string state;              // "running", "blocking", "closing", ...
    std::string client_properties;  // encoded field table
    std::string connection_name;    // that the client gave itself; may be empty
    TimePoint connected_at;
    uint16_t channel_max = 0;
    uint32_t frame_size_max = 0;
    std::chrono::seconds heartbeat{0};
    std::vector<ChannelListing> channels;

    // As RabbitMQ names it: "127.0.0.1:50312 -> 127.0.0.1:5672".
    std::string name() const { return peer + " -> " + local; }
};

// How the control door reaches them. Each is called on the shard that it names.
struct SessionDirectory {
    // Those that have got as far as connection.open, in rising order.
    std::function<std::vector<SessionId>(ShardIndex)> ids;
    // Of those of the ids that still are there.
    std::function<std::vector<ConnectionListing>(ShardIndex, const std::vector<SessionId>&)> list;
    // Closes it with 320; false if it is not there.
    std::function<bool(ShardIndex, SessionId, const std::string& reason)> close;
};

}  // namespace varve
