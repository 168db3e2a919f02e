// The consumer's side of a subscription: where a queue hands deliveries, wherever the channel
// lives.
#pragma once

#include "engine/record_batch.h"
#include "server/broker/credit_gate.h"
#include "server/broker/names.h"
#include "server/broker/outbox_gauge.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace varve {

// One record on its way to a consumer. The views of `record` live as long as `batch`.
struct Delivery {
    RecordKey key;
    BatchRef batch;
    RecordView record;
    bool redelivered = false;
    uint32_t delivery_count = 0;  // deliveries before this one
    bool tells_count = false;     // its consumer is told how many
    bool tells_offset = false;    // its reader is told where it is
};

enum class AckMode : uint8_t {
    manual,     // each delivery takes credit and must be settled
    automatic,  // settled by the queue as it goes out: takes no credit, and nobody settles it
    reading,    // takes nothing out of the queue: an answer gives credit back, and settles nothing
};
// Whether the client answers each delivery.
inline bool is_answered(AckMode mode) { return mode != AckMode::automatic; }

enum class CancelReason : uint8_t { queue_deleted, replaced, shutdown };

// A consumer as its channel implements it. Shard-bound to the channel's shard.
class ConsumerSink {
public:
    virtual ~ConsumerSink() = default;
    // Writes them out, in order, and remembers what must be settled. Never calls back into the
    // queue.
    virtual void deliver(const QueueAddress& queue, std::span<const Delivery> deliveries) = 0;
    // A delivery took too long and is back in its queue: nothing of it is to be settled any more.
    virtual void recalled(const RecordKey& key) = 0;
    // The subscription ended without being asked to.
    virtual void cancelled(CancelReason reason) = 0;
};

// Shared by a channel and the queue it consumes from, which end independently: hence shared_ptr.
// The sink is touched on the channel's shard only and is null once the channel has gone; deliveries
// that arrive then go back to the queue.
struct ConsumerPort {
    ShardIndex shard = 0;
    SessionId session = 0;
    ConsumerSink* sink = nullptr;  // Shard-bound to `shard`
    std::shared_ptr<CreditGate> consumer_credit;
    std::shared_ptr<CreditGate> channel_credit;
    std::shared_ptr<OutboxGauge> outbox;  // of the connection
};
// What a delivery counts for in an outbox: its bytes, and what a frame header and our own books
// take.
inline int64_t outbox_size(const RecordView& record) {
    constexpr int64_t kOverhead = 128;
    return static_cast<int64_t>(record.body.size() + record.properties.size()) + kOverhead;
}

}  // namespace varve
