#include "bench/null_broker/subscriptions.h"

namespace varve::null_broker {

void Subscriptions::bind(ByteView exchange, ByteView queue) {
    exchanges_[std::string(exchange)].push_back(&this->queue(queue));
}

void Subscriptions::consume(ByteView queue, std::string consumer_tag, Socket& socket) {
    this->queue(queue).subscriptions.push_back(
        {.socket = &socket, .frame = DeliverFrame(std::move(consumer_tag))});
}

void Subscriptions::forget(const Socket& socket) {
    for (auto& [name, queue] : queues_) {
        std::erase_if(queue.subscriptions,
                      [&socket](const Subscription& entry) { return entry.socket == &socket; });
        queue.next = 0;
    }
}

void Subscriptions::deliver(ByteView exchange, ByteView routing_key, ByteView content) {
    if (exchange.empty()) {
        deliver_to(queue(routing_key), exchange, routing_key, content);
        return;
    }
    for (Queue* bound : exchanges_[std::string(exchange)])
        deliver_to(*bound, exchange, routing_key, content);
}

Queue& Subscriptions::queue(ByteView name) {
    if (last_ == nullptr || name != last_name_) {
        last_name_ = name;
        last_ = &queues_[last_name_];
    }
    return *last_;
}

void Subscriptions::deliver_to(Queue& queue,
                               ByteView exchange,
                               ByteView routing_key,
                               ByteView content) {
    if (queue.subscriptions.empty()) return;
    Subscription& to = queue.subscriptions[queue.next];
    if (++queue.next == queue.subscriptions.size()) queue.next = 0;
    std::string& outbox = to.socket->outbox();
    outbox.append(to.frame.next(exchange, routing_key));
    outbox.append(content);
}

}  // namespace varve::null_broker
