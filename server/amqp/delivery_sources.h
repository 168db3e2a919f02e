// Where a channel's unsettled deliveries came from: which queue gets them back, and whose credit
// they hold.
#pragma once

#include "server/amqp/unsettled.h"
#include "server/broker/credit_gate.h"
#include "server/broker/names.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace varve::amqp {

// Of a reader, which takes nothing out of the queue: what is settled is its cursor's, if it has
// one.
struct ReaderSource {
    CursorId cursor = kQueueCursor;
    std::string stream;  // "queue 's' in vhost '/'", which takes acks alone; empty: a queue
};

struct DeliverySource {
    QueueAddress queue;
    std::shared_ptr<CreditGate> consumer_credit;  // null for basic.get, which takes no credit
    uint32_t out = 0;                             // unsettled deliveries that refer to it
    bool is_used = false;                         // by a consumer, which may deliver more
    std::optional<ReaderSource> reading;
};

// A consumer's source outlives it for as long as something of it is out; then its place is used
// again.
//
// Threading: Shard-bound.
class DeliverySources {
public:
    DeliverySource& at(SourceIndex index) { return sources_[index]; }

    // For a consumer, until end_use().
    SourceIndex add(std::shared_ptr<CreditGate> consumer_credit,
                    std::optional<ReaderSource> reading);
    // For one delivery of basic.get, which settles it.
    SourceIndex add_got(const QueueAddress& queue);
    void end_use(SourceIndex index);
    void settled(SourceIndex index, uint32_t count);

private:
    SourceIndex free_place();
    bool is_free(const DeliverySource& source) const { return source.out == 0 && !source.is_used; }

    std::vector<DeliverySource> sources_;
};

}  // namespace varve::amqp
