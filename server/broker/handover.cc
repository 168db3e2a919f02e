#include "server/broker/handover.h"

#include <utility>

namespace varve {

bool hand_over_pending(QueueContext& context, const QueueAddress& queue, Consumer& consumer) {
    ConsumerPort& port = *consumer.port;
    const int64_t bytes = std::exchange(consumer.pending_bytes, 0);
    if (port.shard != context.shard) {
        context.mail.to(port.shard)
            .deliveries.push_back({consumer.port,
                                   queue,
                                   consumer.ack_mode,
                                   bytes,
                                   std::exchange(consumer.pending, {})});
        return true;
    }
    if (port.outbox != nullptr) port.outbox->subtract(bytes);
    if (port.sink == nullptr) return false;
    port.sink->deliver(queue, consumer.pending);
    consumer.pending.clear();
    return true;
}

}  // namespace varve
