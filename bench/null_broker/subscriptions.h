// Who gets what is published: consumers by queue, queues by exchange. Nothing is stored.
#pragma once

#include "bench/null_broker/deliver_frame.h"
#include "bench/null_broker/socket.h"

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve::null_broker {

struct Subscription {
    Socket* socket;
    DeliverFrame frame;
};

// A queue is a name and whoever consumes from it, in turn.
struct Queue {
    std::deque<Subscription> subscriptions;
    size_t next = 0;
};

// Caller-serialised. Sockets are borrowed until forget().
class Subscriptions {
public:
    void bind(ByteView exchange, ByteView queue);
    void consume(ByteView queue, std::string consumer_tag, Socket& socket);
    void forget(const Socket& socket);

    // Appends the message to the outbox of one consumer of each queue that it goes to. `content` is
    // its header and body frames as they came in: every connection has the same channel.
    void deliver(ByteView exchange, ByteView routing_key, ByteView content);

private:
    Queue& queue(ByteView name);
    static void deliver_to(Queue& queue, ByteView exchange, ByteView routing_key, ByteView content);

    std::unordered_map<std::string, Queue> queues_;  // never erased from: pointers to queues last
    std::unordered_map<std::string, std::vector<Queue*>> exchanges_;
    // Where the last message went: a publisher often stays with its queue.
    std::string last_name_;
    Queue* last_ = nullptr;
};

}  // namespace varve::null_broker
